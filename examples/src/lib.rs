//! ESS by example. The programs stand beside this folder: the quickstart, and short ones in the order of their numbers, one a
//! task. They search and train on SciFact, which is in the repository.

use std::path::{Path, PathBuf};

/// A file or folder of SciFact, wherever the program is started.
pub fn scifact(name: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../data/scifact")).join(name)
}

/// The folder of UMLS, a small knowledge graph, wherever the program is started.
pub fn umls() -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../data/umls")).to_owned()
}
