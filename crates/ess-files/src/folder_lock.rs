//! One writer for a folder.

use std::{
    io::{Seek, Write},
    path::{Path, PathBuf},
};

use crate::{
    claim::Claim, error::Error, folder, names::FOLDER_LOCK, partials::remove_partials, permissions::ANY_MODE,
};

/// Keeps a folder for one writer, which replaces several files that belong together.
///
/// The writer announces files of new names before it writes them, then writes the manifest that names them, then removes
/// the files that the manifest before named. Whatever the moment at which it dies, the folder is as it was before or as
/// it is afterwards, and the next writer is told by [`FolderLock::unfinished`] which files may be there for nothing.
///
/// A lock file in the folder marks it, and goes on drop; so does the folder, where taking the lock made it and nothing was
/// written. One that is left over by a process that was killed does not
/// count: the system frees the lock on it with the process. Partial files of dead writers are removed as the lock is
/// taken.
///
/// ```
/// use ess_files::{Error, FolderLock, write_atomically};
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let folder = &folder.path().join("module");
/// let mut lock = FolderLock::acquire(folder)?;
/// assert!(matches!(FolderLock::acquire(folder), Err(Error::Busy { .. })));
/// lock.announce(&["weights-2"])?;
/// write_atomically(&folder.join("weights-2"), |file| file.write_all(b"0.5"))?;
/// write_atomically(&folder.join("manifest"), |file| file.write_all(b"weights-2"))?;
/// drop(lock);
/// assert!(FolderLock::acquire(folder)?.unfinished().is_empty());
/// # Ok::<(), Error>(())
/// ```
pub struct FolderLock {
    folder: PathBuf,
    made: bool,
    /// There until it is dropped.
    claim: Option<Claim>,
    unfinished: Vec<String>,
    announced: Vec<String>,
}

impl FolderLock {
    /// Takes the lock, or fails at once. The folder is made if need be.
    ///
    /// # Errors
    /// [`Error::Busy`] when another has it; [`Error::Io`] when folder or lock file cannot be made.
    pub fn acquire(folder: &Path) -> Result<Self, Error> {
        let made = !folder.exists();
        let claim = claim(folder)?.ok_or_else(|| Error::Busy { path: folder.to_owned() })?;
        remove_partials(folder, |_| true)?;
        let left = String::from_utf8_lossy(claim.left()).into_owned();
        let unfinished: Vec<String> = left.lines().filter(|name| is_plain(name)).map(String::from).collect();
        let (folder, claim) = (folder.to_owned(), Some(claim));
        let mut lock = Self { folder, made, claim, unfinished: Vec::new(), announced: Vec::new() };
        lock.announce(&unfinished)?;
        lock.unfinished = unfinished;
        Ok(lock)
    }

    /// The folder, as it was given.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The names of files that a writer which died had announced. Those that the manifest does not name are for its next
    /// writer to remove, once it has seen that the names are such as it gives itself.
    pub fn unfinished(&self) -> &[String] {
        &self.unfinished
    }

    /// Notes files of the folder that are about to be written and that nothing names yet.
    ///
    /// # Errors
    /// [`Error::Io`] when the note cannot be written.
    pub fn announce(&mut self, names: &[impl AsRef<str>]) -> Result<(), Error> {
        self.announced.extend(names.iter().map(|name| name.as_ref().to_owned()));
        self.note().map_err(Error::io(&self.folder))
    }

    /// What was announced since the lock was taken, and before by a writer that died.
    pub fn announced(&self) -> &[String] {
        &self.announced
    }

    fn note(&self) -> std::io::Result<()> {
        let Some(mut file) = self.claim.as_ref().map(Claim::file) else { return Ok(()) };
        file.set_len(0)?;
        file.rewind()?;
        let lines: String = self.announced.iter().flat_map(|name| [name.as_str(), "\n"]).collect();
        file.write_all(lines.as_bytes())
    }
}

impl Drop for FolderLock {
    fn drop(&mut self) {
        self.claim = None;
        if self.made {
            // It stays where something is in it.
            let _ = std::fs::remove_dir(&self.folder);
        }
    }
}

/// Makes the folder and takes its lock; `None` when another has it.
fn claim(folder: &Path) -> Result<Option<Claim>, Error> {
    const TRIES: usize = 10;
    for _ in 1..TRIES {
        folder::create_folder(folder)?;
        match Claim::take(&folder.join(FOLDER_LOCK), ANY_MODE) {
            // Another that had made the folder has just removed it.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            taken => return taken.map_err(Error::io(folder)),
        }
    }
    Ok(None)
}

/// Whether a name is that of a file of the folder itself.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && Path::new(name).file_name() == Some(name.as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_dead_writer_announced_is_told_until_it_is_finished() {
        let folder = tempfile::tempdir().unwrap();
        let lock_file = folder.path().join(FOLDER_LOCK);
        std::fs::write(&lock_file, "weights-1\n../outside\n\nplan-1\n").unwrap();
        std::fs::write(folder.path().join(".ess-weights-1.partial"), b"half").unwrap();
        let mut lock = FolderLock::acquire(folder.path()).unwrap();
        assert_eq!(lock.unfinished(), ["weights-1", "plan-1"]);
        assert_eq!(std::fs::read_to_string(&lock_file).unwrap(), "weights-1\nplan-1\n");
        lock.announce(&["weights-2"]).unwrap();
        assert_eq!(std::fs::read_to_string(&lock_file).unwrap(), "weights-1\nplan-1\nweights-2\n");
        drop(lock);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        assert!(FolderLock::acquire(folder.path()).unwrap().unfinished().is_empty());
    }

    #[test]
    fn a_folder_that_was_made_for_nothing_goes_and_one_that_was_there_stays() {
        let folder = tempfile::tempdir().unwrap();
        let made = folder.path().join("above/made");
        drop(FolderLock::acquire(&made).unwrap());
        assert!(!made.exists() && folder.path().join("above").exists());
        let lock = FolderLock::acquire(&made).unwrap();
        std::fs::write(made.join("kept"), b"").unwrap();
        drop(lock);
        assert!(made.join("kept").exists());
        drop(FolderLock::acquire(&folder.path().join("above")).unwrap());
        assert!(made.exists());
    }
}
