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
    replace(path, write).map_err(|source| Error::Io { path: path.to_owned(), source })
}

fn replace(path: &Path, write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> std::io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    std::fs::create_dir_all(folder)?;
    let mut file = BufWriter::new(builder().tempfile_in(folder)?);
    write(&mut file)?;
    let file = file.into_inner().map_err(std::io::IntoInnerError::into_error)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    sync_folder(folder)
}

fn builder() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".ess-").suffix(".partial");
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
    fn missing_folders_are_made_and_a_file_in_the_way_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("a/b/c");
        write_atomically(&deep, |file| file.write_all(b"x")).unwrap();
        let below_a_file = deep.join("d");
        assert!(matches!(write_atomically(&below_a_file, |_| Ok(())), Err(Error::Io { .. })));
    }
}
