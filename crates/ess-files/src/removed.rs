//! Removing a file for good.

use std::{io, path::Path};

use crate::{
    error::Error,
    folder::{folder_of, sync},
};

/// Removes a file and syncs its folder, so that it does not come back after a loss of power; says whether there was one.
///
/// What follows it, such as a manifest that no longer names the file, can rely on its absence.
///
/// ```
/// # let folder = tempfile::tempdir().unwrap();
/// let path = folder.path().join("old.json");
/// std::fs::write(&path, "{}").unwrap();
/// assert!(ess_files::remove_file(&path)?);
/// assert!(!ess_files::remove_file(&path)?);
/// # Ok::<(), ess_files::Error>(())
/// ```
///
/// # Errors
/// [`Error::Io`] with the path, when it is there and cannot be removed.
pub fn remove_file(path: &Path) -> Result<bool, Error> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        removed => removed.and_then(|()| sync(folder_of(path))).map(|()| true).map_err(Error::io(path)),
    }
}
