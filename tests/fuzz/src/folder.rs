//! Bytes as files.

use std::path::{Path, PathBuf};

/// A folder whose files are written anew for every input.
pub struct Folder(tempfile::TempDir);

impl Folder {
    /// A new folder among the temporary files; in memory where the system keeps those there.
    ///
    /// # Panics
    /// When no folder can be made.
    pub fn new() -> Self {
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
        Self(folder.expect("a temporary folder"))
    }

    /// The path of a file with these bytes.
    ///
    /// # Panics
    /// When the file cannot be written.
    pub fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, bytes).expect("a temporary file");
        path
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Default for Folder {
    fn default() -> Self {
        Self::new()
    }
}
