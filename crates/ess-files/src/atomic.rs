//! Writing a file so that it is either all there or not there.

use std::{
    fs::{Metadata, OpenOptions},
    io::{self, BufWriter, Write},
    path::Path,
};

use crate::{
    claim::Claim,
    error::Error,
    folder::{folder_of, make, sync},
    names::partial_of,
    permissions::{keep_owner_and_mode, mode_of},
    target::Target,
};

/// Writes a file whole: to a partial file beside `path`, synced, then renamed over `path`.
///
/// Folders that are missing are made. When `write` fails, or the process dies at any moment, `path` is as it was
/// before; the partial file that a killed process leaves is removed by the next writer of `path`, or by
/// [`remove_partials`](crate::remove_partials).
///
/// A link is followed: what it leads to is replaced. A file that is replaced keeps its mode, and its owner where the
/// system allows it; not hard links and extended attributes. What is no regular file, such as a device or a pipe, is
/// written through, and is then neither whole nor synced.
///
/// ```
/// # let folder = tempfile::tempdir().unwrap();
/// let path = folder.path().join("new/numbers.txt");
/// ess_files::write_atomically(&path, |file| file.write_all(b"1 2 3"))?;
/// assert_eq!(std::fs::read(&path).unwrap(), b"1 2 3");
/// # Ok::<(), ess_files::Error>(())
/// ```
///
/// # Errors
/// [`Error::Io`] with the path, when the folder cannot be made or written, or `write` fails; [`Error::Busy`] when
/// another writes the file at the moment.
pub fn write_atomically(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Error> {
    let written = Target::of(path).and_then(|target| match target {
        Target::Through => through(path, write).map(Some),
        Target::Replaced { path, old } => replace(&path, old.as_ref(), write),
    });
    match written.map_err(Error::io(path))? {
        Some(()) => Ok(()),
        None => Err(Error::Busy { path: path.to_owned() }),
    }
}

fn through(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    // Appending, for what a process has open may have content that is not to be written over.
    let mut file = BufWriter::new(OpenOptions::new().append(true).open(path)?);
    write(&mut file)?;
    file.flush()
}

/// `None` when another writes it.
fn replace(
    path: &Path,
    old: Option<&Metadata>,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<Option<()>> {
    let folder = folder_of(path);
    make(folder)?;
    let Some(claim) = Claim::take(&partial_of(path), mode_of(old))? else {
        return Ok(None);
    };
    let mut file = BufWriter::new(claim.file());
    write(&mut file)?;
    file.flush()?;
    drop(file);
    if let Some(old) = old {
        keep_owner_and_mode(claim.file(), old)?;
    }
    claim.file().sync_all()?;
    claim.rename(path)?;
    sync(folder)?;
    Ok(Some(()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let name = |entry: io::Result<std::fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
        let mut names: Vec<_> = std::fs::read_dir(folder).unwrap().map(name).collect();
        names.sort();
        names
    }

    #[test]
    fn a_failed_write_leaves_the_old_file_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kept");
        write_atomically(&path, |file| file.write_all(b"old")).unwrap();
        let failed = write_atomically(&path, |file| {
            file.write_all(b"half of the ne")?;
            Err(io::Error::other("disk on fire"))
        });
        assert!(matches!(failed, Err(Error::Io { path: named, .. }) if named == path));
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
        assert_eq!(names(folder.path()), ["kept"]);
    }

    #[test]
    fn a_second_writer_of_a_file_is_told_so() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("wanted");
        write_atomically(&path, |file| {
            let second = write_atomically(&path, |file| file.write_all(b"second"));
            assert!(matches!(second, Err(Error::Busy { path: named }) if named == path));
            file.write_all(b"first")
        })
        .unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"first");
        assert_eq!(names(folder.path()), ["wanted"]);
    }

    #[test]
    fn what_a_killed_writer_left_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        std::fs::write(partial_of(&path), vec![0; 1000]).unwrap();
        write_atomically(&path, |file| file.write_all(b"new")).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
        assert_eq!(names(folder.path()), ["x"]);
    }

    #[test]
    fn names_as_long_as_the_system_allows_are_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ß".repeat(127));
        write_atomically(&path, |file| file.write_all(b"x")).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"x");
    }

    #[test]
    fn missing_folders_are_made_and_a_file_or_a_folder_in_the_way_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("a/b c/d");
        write_atomically(&deep, |file| file.write_all(b"x")).unwrap();
        for path in [deep.join("e"), folder.path().to_owned()] {
            assert!(matches!(write_atomically(&path, |_| Ok(())), Err(Error::Io { .. })));
        }
    }

    #[cfg(unix)]
    mod unix {
        use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, symlink};

        use super::*;

        fn set_mode(path: &Path, mode: u32) {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        }

        #[test]
        fn a_file_keeps_its_mode() {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("private");
            for mode in [0o600, 0o640, 0o666, 0o400] {
                std::fs::write(&path, b"old").unwrap();
                set_mode(&path, mode);
                write_atomically(&path, |file| file.write_all(b"new")).unwrap();
                assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, mode, "{mode:o}");
                assert_eq!(std::fs::read(&path).unwrap(), b"new");
                set_mode(&path, 0o600);
            }
        }

        #[test]
        fn a_partial_file_is_no_more_readable_than_what_it_replaces() {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("private");
            std::fs::write(&path, b"old").unwrap();
            set_mode(&path, 0o600);
            write_atomically(&path, |file| {
                let mode = std::fs::metadata(partial_of(&path))?.mode();
                assert_eq!(mode & 0o077, 0);
                file.write_all(b"new")
            })
            .unwrap();
        }

        #[test]
        fn a_link_stays_and_what_it_leads_to_is_replaced() {
            let folder = tempfile::tempdir().unwrap();
            let at = |name: &str| folder.path().join(name);
            std::fs::create_dir(at("real")).unwrap();
            symlink("real/file", at("relative")).unwrap();
            symlink(at("relative"), at("link")).unwrap();
            // What the link leads to is missing at first, and is there afterwards.
            for text in [&b"one"[..], b"two"] {
                write_atomically(&at("link"), |file| file.write_all(text)).unwrap();
                assert_eq!(std::fs::read(at("real/file")).unwrap(), text);
                assert!(std::fs::symlink_metadata(at("link")).unwrap().is_symlink());
                assert!(std::fs::symlink_metadata(at("relative")).unwrap().is_symlink());
            }
            assert_eq!(names(&at("real")), ["file"]);
            symlink("turn", at("round")).unwrap();
            symlink("round", at("turn")).unwrap();
            assert!(matches!(write_atomically(&at("turn"), |_| Ok(())), Err(Error::Io { .. })));
        }

        #[test]
        fn devices_and_pipes_are_written_through() {
            let null = Path::new("/dev/null");
            write_atomically(null, |file| file.write_all(b"gone")).unwrap();
            assert!(std::fs::metadata(null).unwrap().file_type().is_char_device());
            let full = write_atomically(Path::new("/dev/full"), |file| file.write_all(b"no room"));
            assert!(matches!(full, Err(Error::Io { .. })) || !Path::new("/dev/full").exists());

            let folder = tempfile::tempdir().unwrap();
            let pipe = folder.path().join("pipe");
            let name = std::ffi::CString::new(pipe.to_str().unwrap()).unwrap();
            // SAFETY: the name is a string that ends in a zero byte and lives through the call.
            assert_eq!(unsafe { libc::mkfifo(name.as_ptr(), 0o600) }, 0);
            let reader = std::thread::spawn({
                let pipe = pipe.clone();
                move || std::fs::read(pipe).unwrap()
            });
            write_atomically(&pipe, |file| file.write_all(b"through")).unwrap();
            assert_eq!(reader.join().unwrap(), b"through");
            assert!(std::fs::symlink_metadata(&pipe).unwrap().file_type().is_fifo());
            assert_eq!(names(folder.path()), ["pipe"]);
        }

        #[cfg(target_os = "linux")]
        #[test]
        fn a_file_that_a_process_has_open_is_written_through() {
            use std::os::fd::AsRawFd;
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("open");
            std::fs::write(&path, b"before, ").unwrap();
            let open = std::fs::File::open(&path).unwrap();
            let link = folder.path().join("link");
            symlink(format!("/proc/self/fd/{}", open.as_raw_fd()), &link).unwrap();
            write_atomically(&link, |file| file.write_all(b"after")).unwrap();
            assert_eq!(std::fs::metadata(&path).unwrap().ino(), open.metadata().unwrap().ino());
            assert_eq!(std::fs::read(&path).unwrap(), b"before, after");
        }
    }
}
