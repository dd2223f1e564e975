//! What killed writers left.

use std::path::Path;

use crate::{claim::remove_if_dead, error::Error, names::written_names};

/// Removes what writers that were killed left in a folder, of the files whose names `is_mine` accepts; says how many.
///
/// A file that is under way is locked by its writer and stays.
///
/// ```
/// # let folder = tempfile::tempdir().unwrap();
/// # let folder = folder.path();
/// // What a killed writer of `numbers.txt` leaves.
/// std::fs::write(folder.join(".ess-numbers.txt.partial"), b"1 2").unwrap();
/// assert_eq!(ess_files::remove_partials(folder, |name| name == "letters.txt")?, 0);
/// assert_eq!(ess_files::remove_partials(folder, |name| name == "numbers.txt")?, 1);
/// # Ok::<(), ess_files::Error>(())
/// ```
///
/// # Errors
/// [`Error::Io`] with the path, when the folder cannot be read or a file not removed. A folder that is not there has
/// nothing to remove.
pub fn remove_partials(folder: &Path, is_mine: impl Fn(&str) -> bool) -> Result<usize, Error> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(0),
        entries => entries.map_err(Error::io(folder))?,
    };
    let mut removed = 0;
    for entry in entries {
        let entry = entry.map_err(Error::io(folder))?;
        let (path, name) = (entry.path(), entry.file_name());
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        if is_file && name.to_str().is_some_and(|name| written_names(name).any(&is_mine)) {
            removed += usize::from(remove_if_dead(&path).map_err(Error::io(&path))?);
        }
    }
    Ok(removed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leftovers_of_this_and_earlier_versions_go_and_what_is_under_way_stays() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in [".ess-part-1.bin.partial", ".ess-part-2.bin-a1B2c3.partial", ".ess-x.partial"] {
            std::fs::write(at(name), b"half").unwrap();
        }
        std::fs::write(at(".ess-x.partial.kept"), b"").unwrap();
        assert_eq!(remove_partials(folder.path(), |name| name.starts_with("part-")).unwrap(), 2);
        crate::atomic::write_atomically(&at("y"), |_| {
            assert_eq!(remove_partials(folder.path(), |_| true).unwrap(), 1);
            assert!(at(".ess-y.partial").exists());
            Ok(())
        })
        .unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
        assert_eq!(remove_partials(&at("missing"), |_| true).unwrap(), 0);
    }
}
