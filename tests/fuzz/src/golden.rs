//! Small models, kept among the tests of ess-encoders.

use std::path::{Path, PathBuf};

use crate::Folder;

/// A folder of golden files, or one of them.
pub fn golden(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../crates/ess-encoders/tests/golden").join(path)
}

/// Copies a golden folder into another, whose files of the same names it replaces.
///
/// # Panics
/// When it cannot be read or written.
pub fn copy_golden(path: &str, to: &Folder) {
    copy(&golden(path), to.path());
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a golden folder") {
        let entry = entry.expect("a golden file");
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy(&from, &to);
        } else if entry.file_name() != "golden.json" {
            std::fs::copy(from, to).expect("a golden file");
        }
    }
}
