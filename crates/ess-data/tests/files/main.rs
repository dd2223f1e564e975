//! The files of this crate, good and bad: written, read, torn, forged.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod ids;
mod judgements;
mod links;
mod npy;
mod parquet;
#[cfg(target_os = "linux")]
mod pipes;
mod plain_readers;
mod records;
mod scifact;
mod store;
mod store_damage;
mod token_store;
mod trec;
mod trec_eval;

use std::path::PathBuf;

use tempfile::TempDir;

fn golden(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

/// A file with some content in a folder of its own.
fn file_with(content: impl AsRef<[u8]>) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, content).unwrap();
    (folder, path)
}
