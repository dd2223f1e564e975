//! A file of one name that one writer has at a time.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, Read},
    path::{Path, PathBuf},
    time::Duration,
};

use crate::under_way;

/// The most that is kept of what a dead writer left.
const MAX_LEFT: u64 = 1 << 16;
/// How often a lock is tried that may be held by one who only looks whether its writer lives.
const TRIES: usize = 5;
const PAUSE: Duration = Duration::from_millis(1);

/// A file that was made by this writer and is locked by it. It is removed on drop.
///
/// Only who made the file owns it. Whoever finds one looks whether its lock is free; then its writer is dead, and the
/// file is removed and made anew. So what is left over never stands in the way, and nothing is read or written through
/// a file that another put there.
pub(crate) struct Claim {
    path: PathBuf,
    file: File,
    /// The first bytes of what a dead writer left under the name.
    left: Vec<u8>,
}

/// What became of an attempt to remove a file whose writer may live.
enum Found {
    Removed(Vec<u8>),
    Gone,
    AtWork,
}

impl Claim {
    /// Makes the file, with a mode on Unix; `None` when another writer has it.
    pub(crate) fn take(path: &Path, mode: u32) -> io::Result<Option<Self>> {
        // So that it is found again when the process changes its folder.
        let path = std::path::absolute(path)?;
        let mut left = Vec::new();
        let mut tries = 0;
        loop {
            match create(&path, mode) {
                Ok(file) => {
                    // Whoever took it for a leftover before the lock was there holds it for a moment, and removes it.
                    let locked = file.lock();
                    if is_at(&file, &path)? {
                        // Some file systems have no locks; there the name alone keeps others off.
                        drop(locked);
                        return Ok(Some(Self { path, file, left }));
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => match remove_dead(&path)? {
                    Found::Removed(bytes) => left = bytes,
                    Found::Gone => {}
                    Found::AtWork if tries == TRIES => return Ok(None),
                    Found::AtWork => {
                        tries += 1;
                        std::thread::sleep(PAUSE);
                    }
                },
                Err(error) => return Err(error),
            }
        }
    }

    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    pub(crate) fn left(&self) -> &[u8] {
        &self.left
    }

    /// Puts the file in the place of another, and so ends the claim.
    pub(crate) fn rename(self, to: &Path) -> io::Result<()> {
        let mut files = under_way::files();
        if !is_at(&self.file, &self.path)? {
            // Renaming would move what another has there by now.
            return Err(io::Error::new(
                io::ErrorKind::Interrupted,
                "the file was removed while it was written",
            ));
        }
        std::fs::rename(&self.path, to)?;
        files.remove(&self.path);
        Ok(())
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let mut files = under_way::files();
        if files.remove(&self.path) && is_at(&self.file, &self.path).unwrap_or(false) {
            // What stays is taken over by the next writer.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

fn create(path: &Path, mode: u32) -> io::Result<File> {
    let mut files = under_way::files();
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    #[cfg(not(unix))]
    let _ = mode;
    let file = options.open(path)?;
    files.insert(path.to_owned());
    Ok(file)
}

/// Removes a file whose writer is dead; whether it did.
pub(crate) fn remove_if_dead(path: &Path) -> io::Result<bool> {
    Ok(matches!(remove_dead(path)?, Found::Removed(_)))
}

fn remove_dead(path: &Path) -> io::Result<Found> {
    let gone = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => Ok(Found::Gone),
        _ => Err(error),
    };
    match std::fs::symlink_metadata(path) {
        Ok(metadata) if !metadata.is_file() => {
            return Err(io::Error::new(
                io::ErrorKind::AlreadyExists,
                "something that is no file is in the way",
            ));
        }
        Ok(_) => {}
        Err(error) => return gone(error),
    }
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) => return gone(error),
    };
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(Found::AtWork),
        Err(TryLockError::Error(error)) => return Err(error),
    }
    if !is_at(&file, path)? {
        return Ok(Found::Gone);
    }
    let mut bytes = Vec::new();
    (&file).take(MAX_LEFT).read_to_end(&mut bytes)?;
    std::fs::remove_file(path)?;
    Ok(Found::Removed(bytes))
}

/// Whether the open file is the one that the path names.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let open = file.metadata()?;
    match std::fs::symlink_metadata(path) {
        Ok(named) => Ok((named.dev(), named.ino()) == (open.dev(), open.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(not(unix))]
fn is_at(_file: &File, path: &Path) -> io::Result<bool> {
    // An open file cannot be replaced there.
    path.try_exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_many_has_it_at_a_time_and_what_is_left_over_is_taken_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("claimed");
        std::fs::write(&path, b"left by a dead writer").unwrap();
        let held = std::sync::atomic::AtomicUsize::new(0);
        let taken = std::sync::atomic::AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..200 {
                        let Some(claim) = Claim::take(&path, 0o666).unwrap() else { continue };
                        assert_eq!(held.fetch_add(1, std::sync::atomic::Ordering::SeqCst), 0);
                        taken.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                        held.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
                        drop(claim);
                    }
                });
            }
        });
        assert!(taken.into_inner() > 0);
        assert!(!path.exists());
    }

    #[test]
    fn a_claim_that_is_held_is_not_removed_and_a_link_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("claimed");
        let claim = Claim::take(&path, 0o666).unwrap().unwrap();
        assert!(!remove_if_dead(&path).unwrap());
        assert!(Claim::take(&path, 0o666).unwrap().is_none());
        drop(claim);
        #[cfg(unix)]
        {
            let other = folder.path().join("other");
            std::fs::write(&other, b"another's").unwrap();
            std::os::unix::fs::symlink(&other, &path).unwrap();
            assert!(Claim::take(&path, 0o666).is_err());
            assert_eq!(std::fs::read(&other).unwrap(), b"another's");
        }
    }
}
