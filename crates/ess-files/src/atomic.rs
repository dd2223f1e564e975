//! Writing a file so that it is either all there or not there.

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::Path,
};

use crate::Error;

/// Writes a file whole: to a temporary name beside `path`, synced, then renamed over `path`.
///
/// Folders that are missing are made. When `write` fails, or the process dies at any moment, `path` is as it was
/// before.
///
/// ```
/// # let folder = std::env::temp_dir().join(format!("ess-files-{}", std::process::id()));
/// let path = folder.join("numbers.txt");
/// ess_files::write_atomically(&path, |file| file.write_all(b"1 2 3"))?;
/// assert_eq!(std::fs::read(&path).unwrap(), b"1 2 3");
/// # std::fs::remove_dir_all(folder).unwrap();
/// # Ok::<(), ess_files::Error>(())
/// ```
///
/// # Errors
/// [`Error::Io`] with the path, when the folder cannot be made or written, or `write` fails.
pub fn write_atomically(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
) -> Result<(), Error> {
    replace(path, write).map_err(|cause| Error::Io { path: path.to_owned(), cause })
}

fn replace(path: &Path, write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> std::io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    std::fs::create_dir_all(folder)?;
    let mut file = BufWriter::new(builder(&prefix(path)).tempfile_in(folder)?);
    write(&mut file)?;
    let file = file.into_inner().map_err(std::io::IntoInnerError::into_error)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    sync_folder(folder)
}

/// Removes what writers that were killed left in a folder, of the files whose names `is_mine` accepts; says how many.
///
/// Only for names that nobody is writing at the moment: a file under way looks the same as one left behind.
///
/// ```
/// # let folder = std::env::temp_dir().join(format!("ess-files-partials-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder).unwrap();
/// // What a killed writer of `numbers.txt` leaves.
/// std::fs::write(folder.join(".ess-numbers.txt-a1B2c3.partial"), b"1 2").unwrap();
/// assert_eq!(ess_files::remove_partials(&folder, |name| name == "letters.txt")?, 0);
/// assert_eq!(ess_files::remove_partials(&folder, |name| name == "numbers.txt")?, 1);
/// # std::fs::remove_dir_all(folder).unwrap();
/// # Ok::<(), ess_files::Error>(())
/// ```
///
/// # Errors
/// [`Error::Io`] with the path, when the folder cannot be read or a file not removed. A folder that is not there has
/// nothing to remove.
pub fn remove_partials(folder: &Path, is_mine: impl Fn(&str) -> bool) -> Result<usize, Error> {
    let io = |path: &Path| {
        let path = path.to_owned();
        move |cause| Error::Io { path, cause }
    };
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(0),
        entries => entries.map_err(io(folder))?,
    };
    let mut removed = 0;
    for entry in entries {
        let path = entry.map_err(io(folder))?.path();
        let partial = path.file_name().and_then(|name| name.to_str()).and_then(written_name);
        if partial.is_some_and(&is_mine) {
            std::fs::remove_file(&path).map_err(io(&path))?;
            removed += 1;
        }
    }
    Ok(removed)
}

const PREFIX: &str = ".ess-";
const SUFFIX: &str = ".partial";
// Names of files have 255 bytes at most on common systems; the rest is for prefix, suffix and what makes them unique.
const LONGEST_NAME: usize = 200;

/// What the temporary name of a file begins with.
fn prefix(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let mut end = name.len().min(LONGEST_NAME);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    format!("{PREFIX}{}-", &name[..end])
}

/// The name of the file that a temporary name stands for; `None` for any other name.
fn written_name(partial: &str) -> Option<&str> {
    let (name, unique) = partial.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)?.rsplit_once('-')?;
    (!unique.is_empty()).then_some(name)
}

fn builder(prefix: &str) -> tempfile::Builder<'_, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(prefix).suffix(SUFFIX);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // As `File::create` would, less the umask; a temporary file is private by default.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder
}

// The rename itself is durable only once the folder is synced; not every system lets a folder be opened.
fn sync_folder(folder: &Path) -> std::io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_write_leaves_the_old_file_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kept");
        write_atomically(&path, |file| file.write_all(b"old")).unwrap();
        let failed = write_atomically(&path, |file| {
            file.write_all(b"half of the ne")?;
            Err(std::io::Error::other("disk on fire"))
        });
        assert!(matches!(failed, Err(Error::Io { path: named, .. }) if named == path));
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_a_killed_writer_leaves_is_told_by_its_name() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["part-1.bin", "x"] {
            let (_, left) =
                builder(&prefix(Path::new(name))).tempfile_in(folder.path()).unwrap().keep().unwrap();
            assert_eq!(left.file_name().unwrap().to_str().and_then(written_name), Some(name));
        }
        std::fs::write(folder.path().join(".ess-x-.partial.kept"), b"").unwrap();
        assert_eq!(remove_partials(folder.path(), |name| name.starts_with("part-")).unwrap(), 1);
        assert_eq!(remove_partials(folder.path(), |_| true).unwrap(), 1);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        assert_eq!(remove_partials(&folder.path().join("missing"), |_| true).unwrap(), 0);
    }

    #[test]
    fn names_as_long_as_the_system_allows_are_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ß".repeat(127));
        write_atomically(&path, |file| file.write_all(b"x")).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"x");
    }

    #[test]
    fn missing_folders_are_made_and_a_file_in_the_way_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("a/b/c");
        write_atomically(&deep, |file| file.write_all(b"x")).unwrap();
        let below_a_file = deep.join("d");
        assert!(matches!(write_atomically(&below_a_file, |_| Ok(())), Err(Error::Io { .. })));
    }
}
