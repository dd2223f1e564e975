//! A file that must not be seen beside another that takes its place.

use std::{
    io,
    path::{Path, PathBuf},
};

use crate::{
    error::Error,
    folder::{folder_of, sync},
    names::set_aside_of,
};

/// A file out of the way while another is replaced that it speaks of, such as the report of a store: it comes back on drop,
/// where it did not come to that, and is gone after [`SetAside::forget`].
///
/// A reader finds it as it was, or does not find it. What a killed process leaves of it is removed as partial files are.
///
/// ```
/// use ess_files::SetAside;
///
/// # let folder = tempfile::tempdir().unwrap();
/// let report = folder.path().join("report.json");
/// std::fs::write(&report, "of the old store").unwrap();
/// let aside = SetAside::take(&report)?;
/// assert!(!report.exists());
/// drop(aside); // the store could not be written
/// assert_eq!(std::fs::read(&report).unwrap(), b"of the old store");
/// SetAside::take(&report)?.forget();
/// assert!(!report.exists());
/// # Ok::<(), ess_files::Error>(())
/// ```
pub struct SetAside {
    /// Where the file was and is, unless there is none.
    places: Option<[PathBuf; 2]>,
}

impl SetAside {
    /// Sets a file aside, following links, and syncs its folder. What is missing or no regular file stays as it is.
    ///
    /// # Errors
    /// [`Error::Io`] with the path, when it is there and cannot be renamed.
    pub fn take(path: &Path) -> Result<Self, Error> {
        let real = match std::fs::canonicalize(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self { places: None }),
            real => real.map_err(Error::io(path))?,
        };
        if !real.is_file() {
            return Ok(Self { places: None });
        }
        let aside = set_aside_of(&real);
        let moved = std::fs::rename(&real, &aside).and_then(|()| sync(folder_of(&real)));
        moved.map_err(Error::io(path))?;
        Ok(Self { places: Some([real, aside]) })
    }

    /// Removes the file, as another has taken its place.
    pub fn forget(mut self) {
        if let Some([_, aside]) = self.places.take() {
            // What stays is removed by the next writer.
            let _ = std::fs::remove_file(aside);
        }
    }
}

impl Drop for SetAside {
    fn drop(&mut self) {
        if let Some([place, aside]) = &self.places {
            let _ = std::fs::rename(aside, place);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_process_set_aside_is_removed_by_the_next_writer() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.json");
        std::fs::write(&path, "old").unwrap();
        std::mem::forget(SetAside::take(&path).unwrap());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        drop(crate::file_lock::FileLock::acquire(&path).unwrap());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_is_missing_or_no_file_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        drop(SetAside::take(&folder.path().join("missing")).unwrap());
        drop(SetAside::take(folder.path()).unwrap());
        drop(SetAside::take(Path::new("/dev/null")).unwrap());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_and_what_it_leads_to_is_set_aside() {
        let folder = tempfile::tempdir().unwrap();
        let [real, link] = ["real", "link"].map(|name| folder.path().join(name));
        std::fs::write(&real, "old").unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        let aside = SetAside::take(&link).unwrap();
        assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink() && !real.exists());
        drop(aside);
        assert!(real.exists());
    }
}
