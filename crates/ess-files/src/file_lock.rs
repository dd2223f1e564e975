//! One writer for a file.

use std::path::Path;

use crate::{
    claim::Claim, error::Error, folder, names::lock_of, partials::remove_partials, permissions::ANY_MODE,
    target::Target,
};

/// Keeps a file for one writer, from before the work on it to its end.
///
/// [`write_atomically`](crate::write_atomically) keeps others off for as long as it writes. A program that computes for
/// hours before it writes takes this first, so that a second program is refused at once, and not hours later. Files are
/// written as ever while it is held. The folder is made if need be; what a killed writer left of the file is removed. What
/// is no regular file, such as a device, is for any number of writers.
///
/// A lock file beside the file marks it, and goes on drop. One that is left over by a process that was killed does not
/// count: the system frees the lock on it with the process.
///
/// ```
/// use ess_files::{Error, FileLock, write_atomically};
///
/// # let folder = tempfile::tempdir().unwrap();
/// let path = folder.path().join("items.index");
/// let lock = FileLock::acquire(&path)?;
/// assert!(matches!(FileLock::acquire(&path), Err(Error::Busy { .. })));
/// write_atomically(&path, |file| file.write_all(b"after long work"))?;
/// drop(lock);
/// assert!(FileLock::acquire(&path).is_ok());
/// # Ok::<(), ess_files::Error>(())
/// ```
pub struct FileLock {
    _claim: Option<Claim>,
}

impl FileLock {
    /// Takes the lock, or fails at once.
    ///
    /// # Errors
    /// [`Error::Busy`] when another has it; [`Error::Io`] when the lock file cannot be made.
    pub fn acquire(path: &Path) -> Result<Self, Error> {
        let Target::Replaced { path: file, .. } = Target::of(path).map_err(Error::io(path))? else {
            return Ok(Self { _claim: None });
        };
        let folder = folder::folder_of(&file);
        folder::make(folder).map_err(Error::io(path))?;
        let claim = Claim::take(&lock_of(&file), ANY_MODE).map_err(Error::io(path))?;
        let claim = claim.ok_or_else(|| Error::Busy { path: path.to_owned() })?;
        remove_partials(folder, |name| file.file_name().is_some_and(|own| own == name))?;
        Ok(Self { _claim: Some(claim) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_link_is_locked_as_what_it_leads_to_and_a_device_is_for_all() {
        let folder = tempfile::tempdir().unwrap();
        let [real, link] = ["real", "link"].map(|name| folder.path().join(name));
        std::os::unix::fs::symlink(&real, &link).unwrap();
        let lock = FileLock::acquire(&link).unwrap();
        assert!(matches!(FileLock::acquire(&real), Err(Error::Busy { .. })));
        drop(lock);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        let null = Path::new("/dev/null");
        let _both = (FileLock::acquire(null).unwrap(), FileLock::acquire(null).unwrap());
    }
}
