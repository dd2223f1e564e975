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
