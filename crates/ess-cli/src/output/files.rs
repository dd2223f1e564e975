//! The files that one command writes: each another one, and each kept for this process.

use std::{
    fs::{self, Metadata},
    path::{Path, PathBuf},
};

use anyhow::{Result, ensure};
use ess_files::FileLock;

/// An output and the flag that names it.
pub(crate) type Output<'a> = (&'static str, &'a Path);

/// Refuses two outputs in one file: the second would replace the first.
///
/// # Errors
/// Two flags whose paths lead to one file.
pub(super) fn one_file_each(outputs: &[Output<'_>]) -> Result<()> {
    let regular = |path: &Path| fs::metadata(path).as_ref().map_or(true, Metadata::is_file);
    let places: Vec<(&str, &Path, PathBuf)> = outputs
        .iter()
        // A device is for any number of outputs.
        .filter(|(_, path)| regular(path))
        .map(|&(flag, path)| (flag, path, place(path)))
        .collect();
    for (at, (flag, _, first)) in places.iter().enumerate() {
        for (other, path, second) in &places[at + 1..] {
            ensure!(
                first != second,
                "{flag} and {other} are one file, {}: give another for one of them",
                path.display()
            );
        }
    }
    Ok(())
}

/// Where a path leads, whether or not the file is there yet.
fn place(path: &Path) -> PathBuf {
    let of_folder = || {
        let folder =
            path.parent().map(|folder| if folder == Path::new("") { Path::new(".") } else { folder });
        Some(folder?.canonicalize().ok()?.join(path.file_name()?))
    };
    let absolute = || std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    path.canonicalize().ok().or_else(of_folder).unwrap_or_else(absolute)
}

/// The locks of files, with the folders that were made for them. Those in which nothing is when the locks are given back, as
/// after a failure, go again.
#[derive(Default)]
pub(crate) struct OutputLocks {
    locks: Vec<FileLock>,
    /// The folders that one file needs, the innermost first, then those of the next.
    made: Vec<PathBuf>,
}

impl OutputLocks {
    pub(super) fn acquire<'a>(paths: impl IntoIterator<Item = &'a Path>) -> Result<Self> {
        let mut all = Self::default();
        for path in paths {
            let missing = |folder: &&Path| !folder.as_os_str().is_empty() && !folder.exists();
            all.made.extend(path.ancestors().skip(1).take_while(missing).map(Path::to_owned));
            all.locks.push(FileLock::acquire(path)?);
        }
        Ok(all)
    }
}

impl Drop for OutputLocks {
    fn drop(&mut self) {
        self.locks.clear();
        for folder in &self.made {
            // One that holds something stays: it is not removed.
            let _ = fs::remove_dir(folder);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_lead_to_one_file_are_told_by_their_flags() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("inner")).unwrap();
        let check = |a: &Path, b: &Path| one_file_each(&[("--out", a), ("--cells", &at("c")), ("--plot", b)]);
        check(&at("a"), &at("b")).unwrap();
        for same in ["a", "inner/../a", "./a"] {
            let error = check(&at("a"), &at(same)).unwrap_err().to_string();
            assert!(error.starts_with("--out and --plot are one file"), "{error}");
        }
        check(Path::new("new/a"), Path::new("new/b")).unwrap();
        assert!(check(Path::new("new/a"), Path::new("new/a")).is_err());
        check(Path::new("/dev/null"), Path::new("/dev/null")).unwrap();
        #[cfg(unix)]
        {
            fs::write(at("a"), "").unwrap();
            std::os::unix::fs::symlink(at("a"), at("link")).unwrap();
            assert!(check(&at("a"), &at("link")).is_err());
        }
    }

    #[test]
    fn folders_that_were_made_for_nothing_go_and_others_stay() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let (first, second) = (at("a/b/c.json"), at("a/b/d.json"));
        drop(OutputLocks::acquire([&*first, &*second]).unwrap());
        assert!(folder.path().exists() && !at("a").exists());
        let held = OutputLocks::acquire([&*first]).unwrap();
        assert!(OutputLocks::acquire([&*at("x/y"), &*first]).is_err());
        assert!(!at("x").exists() && at("a/b").exists());
        fs::write(at("a/other"), "").unwrap();
        drop(held);
        assert!(at("a/other").exists() && !at("a/b").exists());
    }
}
