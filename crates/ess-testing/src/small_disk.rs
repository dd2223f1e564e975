//! A disk that is soon full.

use std::{
    ffi::OsStr,
    path::Path,
    process::{Command, Stdio},
};

use tempfile::TempDir;

/// A file system in memory of a few bytes, which goes on drop.
///
/// Mounting one needs rights that a test seldom has; where they are missing the test says that it looked at nothing, or fails,
/// where the variable `ESS_SMALL_DISK` is `required`.
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
    /// When there is no room for a temporary folder, and where none can be mounted though `ESS_SMALL_DISK=required`.
    pub fn mount(bytes: u64) -> Option<Self> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={bytes}"), "tmpfs"]).arg(folder.path());
        match mount.stdout(Stdio::null()).stderr(Stdio::null()).status() {
            Ok(status) if status.success() => Some(Self { folder }),
            _ => {
                missing(std::env::var_os("ESS_SMALL_DISK").as_deref());
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

/// What there is instead of a disk: a word, or a failure where the variable asks for one.
#[allow(clippy::print_stderr, reason = "a test that looks at nothing must say so")]
fn missing(asked: Option<&OsStr>) {
    assert!(
        asked.is_none_or(|asked| asked != "required"),
        "no small disk can be mounted here, and ESS_SMALL_DISK=required"
    );
    eprintln!(
        "SKIPPED: no small disk can be mounted here; run this test as root to see what a full disk does"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_without_a_disk_looks_at_nothing_where_none_is_asked_for() {
        missing(None);
        missing(Some(OsStr::new("")));
    }

    #[test]
    #[should_panic(expected = "ESS_SMALL_DISK=required")]
    fn a_test_without_a_disk_fails_where_one_is_required() {
        missing(Some(OsStr::new("required")));
    }
}
