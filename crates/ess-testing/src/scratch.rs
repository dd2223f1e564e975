//! A folder for files that are read once.

use std::path::Path;

use tempfile::TempDir;

/// A folder that goes on drop, in memory where the system keeps one there: tests that write ten thousand files would else wait
/// for a disk most of their time.
///
/// ```
/// use ess_testing::Scratch;
///
/// let scratch = Scratch::new();
/// std::fs::write(scratch.path().join("file"), "bytes")?;
/// assert_eq!(std::fs::read(scratch.path().join("file"))?, b"bytes");
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Scratch {
    folder: TempDir,
}

/// Where Linux has a file system in memory for everybody.
const MEMORY: &str = "/dev/shm";

impl Scratch {
    /// A new folder.
    ///
    /// # Panics
    /// When there is no room for a temporary folder.
    pub fn new() -> Self {
        let folder = tempfile::tempdir_in(MEMORY).or_else(|_| tempfile::tempdir());
        Self { folder: folder.expect("a temporary folder") }
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}

impl Default for Scratch {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_empty_and_different_and_go_when_they_are_dropped() {
        let [one, other] = [Scratch::new(), Scratch::default()];
        assert_ne!(one.path(), other.path());
        assert_eq!(std::fs::read_dir(one.path()).unwrap().count(), 0);
        std::fs::write(one.path().join("file"), "bytes").unwrap();
        let path = one.path().to_owned();
        drop(one);
        assert!(!path.exists() && other.path().is_dir());
    }
}
