//! Folders that are there after a power cut.

use std::{fs::File, io, path::Path};

use crate::error::Error;

/// Makes a folder and those above it that are missing, and syncs the folders that they were made in.
///
/// ```
/// # let folder = tempfile::tempdir().unwrap();
/// let deep = folder.path().join("a/b/c");
/// ess_files::create_folder(&deep)?;
/// ess_files::create_folder(&deep)?; // is there: nothing to do
/// assert!(deep.is_dir());
/// # Ok::<(), ess_files::Error>(())
/// ```
///
/// # Errors
/// [`Error::Io`] with the path, when a folder cannot be made.
pub fn create_folder(folder: &Path) -> Result<(), Error> {
    make(folder).map_err(Error::io(folder))
}

pub(crate) fn make(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let above = folder_of(folder);
    make(above)?;
    match std::fs::create_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => Ok(()),
        Err(error) => Err(error),
        Ok(()) => sync(above),
    }
}

/// The folder that a file is in.
pub(crate) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

// A new name is durable only once the folder is synced; not every system lets a folder be opened, or synced.
pub(crate) fn sync(folder: &Path) -> io::Result<()> {
    #[cfg(test)]
    tests::SYNCED.with_borrow_mut(|synced| synced.push(folder.to_owned()));
    if !cfg!(unix) {
        return Ok(());
    }
    match File::open(folder)?.sync_all() {
        Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => {
            Ok(())
        }
        result => result,
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::RefCell, path::PathBuf};

    use super::*;
    use crate::{atomic::write_atomically, removed::remove_file, set_aside::SetAside};

    thread_local! {
        /// The folders that this thread has synced, in order: nothing else shows what a loss of power would take.
        pub(super) static SYNCED: RefCell<Vec<PathBuf>> = const { RefCell::new(Vec::new()) };
    }

    /// The folders that are synced meanwhile.
    fn synced<T>(work: impl FnOnce() -> T) -> Vec<PathBuf> {
        SYNCED.take();
        work();
        SYNCED.take()
    }

    #[test]
    fn every_folder_in_which_one_was_made_is_synced_and_no_other() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        let at = |name: &str| root.join(name);
        assert_eq!(synced(|| make(&at("a/b/c")).unwrap()), [root.to_owned(), at("a"), at("a/b")]);
        assert!(synced(|| make(&at("a/b/c")).unwrap()).is_empty());
        assert_eq!(synced(|| make(&at("a/d")).unwrap()), [at("a")]);
    }

    #[test]
    fn a_folder_is_synced_when_a_file_in_it_is_written_removed_or_set_aside() {
        let root = tempfile::tempdir().unwrap();
        // A file that is set aside is found by its path without links.
        let root = root.path().canonicalize().unwrap();
        let folder = root.join("made");
        let file = folder.join("file");
        let write = || write_atomically(&file, |out| out.write_all(b"x")).unwrap();
        assert_eq!(synced(write), [root.clone(), folder.clone()]);
        let once = std::slice::from_ref(&folder);
        assert_eq!(synced(|| SetAside::take(&file).unwrap()), once);
        assert_eq!(synced(|| remove_file(&file).unwrap()), once);
        assert!(synced(|| remove_file(&file).unwrap()).is_empty());
    }
}
