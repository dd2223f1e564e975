//! A disk that is soon full.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use tempfile::TempDir;

/// A file system in memory of a few bytes, which goes on drop.
///
/// Mounting one needs rights that a test seldom has; where they are missing the test says that it looked at nothing.
///
/// ```
/// use ess_testing::SmallDisk;
///
/// let Some(disk) = SmallDisk::mount(1 << 16) else { return };
/// let full = std::fs::write(disk.path().join("large"), vec![0; 1 << 20]).unwrap_err();
/// assert_eq!(full.kind(), std::io::ErrorKind::StorageFull);
/// ```
pub struct SmallDisk {
    folder: TempDir,
}

impl SmallDisk {
    /// A disk of so many bytes, rounded up to pages; `None`, with a word on standard error, where none can be mounted.
    ///
    /// # Panics
    /// When there is no room for a temporary folder.
    pub fn mount(bytes: u64) -> Option<Self> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={bytes}"), "tmpfs"]).arg(folder.path());
        match mount.stdout(Stdio::null()).stderr(Stdio::null()).status() {
            Ok(status) if status.success() => Some(Self { folder }),
            _ => {
                skipped();
                None
            }
        }
    }

    /// Its root.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.folder.path()).status();
    }
}

#[allow(clippy::print_stderr, reason = "a test that looks at nothing must say so")]
fn skipped() {
    eprintln!(
        "SKIPPED: no small disk can be mounted here; run this test as root to see what a full disk does"
    );
}
