//! Good files to begin with, written by ESS or kept among the tests of its crates.

use std::path::{Path, PathBuf};

use crate::Folder;

/// Writes good inputs into the corpus of a target, by name.
///
/// # Panics
/// When they cannot be written.
pub fn keep_seeds(target: &str, seeds: impl IntoIterator<Item = (String, Vec<u8>)>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    std::fs::create_dir_all(&folder).expect("the folder of a corpus");
    for (name, bytes) in seeds {
        std::fs::write(folder.join(format!("seed-{name}")), bytes).expect("a file of a corpus");
    }
}

/// What a writer writes.
///
/// # Panics
/// When nothing was written.
pub fn file_of(write: impl FnOnce(&Path)) -> Vec<u8> {
    let folder = Folder::new();
    let path: PathBuf = folder.path().join("good");
    write(&path);
    std::fs::read(path).expect("what was written")
}

/// An input of two parts in its parts: a text, and after a zero byte the rest.
pub fn parts(bytes: &[u8]) -> (&[u8], &[u8]) {
    match bytes.iter().position(|byte| *byte == 0) {
        Some(at) => (&bytes[..at], &bytes[at + 1..]),
        None => (bytes, &[]),
    }
}

/// An input of two parts.
pub fn with_text(text: &[u8], rest: &[u8]) -> Vec<u8> {
    [text, &[0], rest].concat()
}
