//! The folder that Python's programs keep models of the hub in: contents by checksum, and links to them by name.

use std::{
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
};

use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::wanted::wanted;
use crate::error::Error;

/// One model's part of the cache.
pub(super) struct ModelCache {
    folder: PathBuf,
}

impl ModelCache {
    pub(super) fn new(cache: &Path, model: &str) -> Self {
        Self { folder: cache.join(format!("models--{}", model.replace('/', "--"))) }
    }

    /// The snapshot that the cache has of a revision, where it has one with a configuration.
    pub(super) fn snapshot_of(&self, revision: &str) -> Option<PathBuf> {
        let named = std::fs::read_to_string(self.folder.join("refs").join(revision));
        let commit = named.map_or_else(|_| revision.to_owned(), |commit| commit.trim().to_owned());
        // What the file says becomes a path.
        let snapshot =
            Some(commit).filter(|commit| is_commit(commit)).map(|commit| self.snapshot(&commit))?;
        ["modules.json", "config.json"].iter().any(|file| snapshot.join(file).is_file()).then_some(snapshot)
    }

    /// The folder of a commit.
    pub(super) fn snapshot(&self, commit: &str) -> PathBuf {
        self.folder.join("snapshots").join(commit)
    }

    /// Keeps the content that `fetch` writes under its checksum, `etag`, and a link to it under the file's name.
    pub(super) fn keep(
        &self,
        commit: &str,
        file: &str,
        etag: &str,
        fetch: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
    ) -> Result<(), Error> {
        let blob = self.folder.join("blobs").join(etag);
        if !(blob.is_file() && checksum(&blob, etag.len())? == etag) {
            ess_files::write_atomically(&blob, fetch)?;
            let found = checksum(&blob, etag.len())?;
            if found != etag {
                ess_files::remove_file(&blob)?;
                return Err(Error::HubChecksum {
                    path: self.snapshot(commit).join(file),
                    expected: etag.to_owned(),
                    found,
                });
            }
        }
        let pointer = self.snapshot(commit).join(file);
        let parent = pointer.parent().unwrap_or(&self.folder);
        std::fs::create_dir_all(parent).map_err(Error::io(parent))?;
        // From the file's folder up to the model's.
        let up = "../".repeat(1 + file.split('/').count());
        point(&pointer, Path::new(&format!("{up}blobs/{etag}"))).map_err(Error::io(&pointer))
    }

    /// Notes which commit a revision is.
    pub(super) fn name(&self, revision: &str, commit: &str) -> Result<(), Error> {
        let path = self.folder.join("refs").join(revision);
        Ok(ess_files::write_atomically(&path, |file| file.write_all(commit.as_bytes()))?)
    }
}

/// Makes a link to a content, or leaves the one that is there. Another process that fetches the same model may make or remove
/// it at the same moment.
fn point(pointer: &Path, content: &Path) -> std::io::Result<()> {
    const TRIES: usize = 100;
    for _ in 0..TRIES {
        if std::fs::read_link(pointer).is_ok_and(|found| found == content) {
            return Ok(());
        }
        match std::fs::remove_file(pointer) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        match link(content, pointer) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            made => return made,
        }
    }
    Err(ErrorKind::AlreadyExists.into())
}

#[cfg(unix)]
fn link(content: &Path, pointer: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(content, pointer)
}

#[cfg(windows)]
fn link(content: &Path, pointer: &Path) -> std::io::Result<()> {
    std::os::windows::fs::symlink_file(content, pointer)
}

/// Whether a text is the name of a commit, and so no path.
pub(super) fn is_commit(text: &str) -> bool {
    is_hex(text, 40)
}

/// Whether a text is a checksum as the hub gives them, and so no path.
pub(super) fn is_checksum(text: &str) -> bool {
    is_hex(text, 40) || is_hex(text, 64)
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

/// Compares every file of a snapshot that models are made of with the checksum that it is named by in the cache.
pub(super) fn verify(snapshot: &Path) -> Result<(), Error> {
    verify_folder(snapshot, snapshot)
}

fn verify_folder(snapshot: &Path, folder: &Path) -> Result<(), Error> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(Error::io(folder))? {
        let entry = entry.map_err(Error::io(folder))?;
        let path = entry.path();
        // A link to a folder is none, so that no circle of them is followed.
        if entry.file_type().map_err(Error::io(&path))?.is_dir() {
            verify_folder(snapshot, &path)?;
            continue;
        }
        let name = path.strip_prefix(snapshot).unwrap_or(&path).to_string_lossy().replace('\\', "/");
        files.push((name, path));
    }
    let wanted = wanted(&files.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>());
    files
        .iter()
        .filter(|(name, _)| wanted.contains(&name.as_str()))
        .try_for_each(|(_, path)| verify_file(path))
}

fn verify_file(path: &Path) -> Result<(), Error> {
    let target = std::fs::read_link(path).unwrap_or_default();
    let expected = target.file_name().unwrap_or_default().to_string_lossy().into_owned();
    if !is_checksum(&expected) {
        let expected = "the checksum that a link to the cache's blobs has as its name".to_owned();
        let found = "none".to_owned();
        return Err(Error::HubChecksum { path: path.to_owned(), expected, found });
    }
    let found = checksum(path, expected.len())?;
    match found == expected {
        true => Ok(()),
        false => Err(Error::HubChecksum { path: path.to_owned(), expected, found }),
    }
}

/// The checksum of a file as the hub has it: the SHA-256 of large ones, of 64 digits; git's of others, of 40.
fn checksum(path: &Path, digits: usize) -> Result<String, Error> {
    let mut file = std::fs::File::open(path).map_err(Error::io(path))?;
    let bytes = file.metadata().map_err(Error::io(path))?.len();
    let hex = |digest: &[u8]| digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    if digits == 64 {
        let mut digest = Sha256::new();
        std::io::copy(&mut file, &mut digest).map_err(Error::io(path))?;
        return Ok(hex(&digest.finalize()));
    }
    let mut digest = Sha1::new().chain_update(format!("blob {bytes}\0"));
    std::io::copy(&mut file, &mut digest).map_err(Error::io(path))?;
    Ok(hex(&digest.finalize()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_neither_commits_nor_checksums() {
        assert!(
            is_commit(&"0a".repeat(20)) && is_checksum(&"0a".repeat(32)) && is_checksum(&"0a".repeat(20))
        );
        for path in
            ["", "..", "../../x", "/etc/passwd", &"../".repeat(14)[..40], &"0A".repeat(20), &"0a".repeat(21)]
        {
            assert!(!is_commit(path) && !is_checksum(path), "{path}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn many_fetch_the_same_file_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let (commit, content) = ("0a".repeat(20), b"weights");
        let etag = {
            let path = folder.path().join("content");
            std::fs::write(&path, content).unwrap();
            checksum(&path, 64).unwrap()
        };
        let cache = ModelCache::new(folder.path(), "a/model");
        let keep = || cache.keep(&commit, "1_Pooling/config.json", &etag, |out| out.write_all(content));
        keep().unwrap();
        let pointer = cache.snapshot(&commit).join("1_Pooling/config.json");
        for _ in 0..50 {
            // As an interrupted fetch, or another version, may leave it.
            std::fs::remove_file(&pointer).unwrap();
            std::os::unix::fs::symlink("../../../blobs/another", &pointer).unwrap();
            let together = std::sync::Barrier::new(4);
            std::thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| {
                        together.wait();
                        keep().unwrap();
                    });
                }
            });
            assert_eq!(std::fs::read(&pointer).unwrap(), content);
        }
        // What is no link and no file is not replaced.
        std::fs::remove_file(&pointer).unwrap();
        std::fs::create_dir(&pointer).unwrap();
        assert!(matches!(keep(), Err(Error::Io { .. })));
    }
}
