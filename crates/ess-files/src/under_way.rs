//! The files that this process has under way, so that it can clean up before it ends in the middle.

use std::{
    collections::BTreeSet,
    path::PathBuf,
    sync::{Mutex, MutexGuard, PoisonError},
};

static FILES: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// The partial files and lock files of this process. While they are held, none is made, renamed or removed.
pub(crate) fn files() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    FILES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// No file of this process can come to be, or be put in its place, until this is dropped.
#[must_use = "writing goes on as soon as this is dropped"]
pub struct Stopped {
    _files: MutexGuard<'static, BTreeSet<PathBuf>>,
}

/// Stops all writing of this process through this crate, and removes what is half written and the locks that it holds.
///
/// For a program that is asked to end, such as by Ctrl-C: it calls this and exits while it holds what came back. Files
/// that were in their place stay whole; writers in other threads wait. Not to be called from a signal handler itself,
/// where nothing may wait, but from a thread that the handler wakes.
///
/// ```
/// # let folder = tempfile::tempdir().unwrap();
/// let path = folder.path().join("numbers.txt");
/// ess_files::write_atomically(&path, |file| {
///     file.write_all(b"1 2")?;
///     let stopped = ess_files::stop_writing();
///     assert_eq!(std::fs::read_dir(folder.path())?.count(), 0);
///     drop(stopped); // or std::process::exit(130)
///     Err(std::io::Error::other("interrupted"))
/// })
/// .unwrap_err();
/// ```
pub fn stop_writing() -> Stopped {
    let mut files = files();
    for path in std::mem::take(&mut *files) {
        // What cannot be removed is removed by the next writer.
        let _ = std::fs::remove_file(path);
    }
    Stopped { _files: files }
}
