//! Crates of the workspace, as their manifests have them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
};

use super::root;

/// A crate with its manifest.
pub(super) struct Crate {
    pub(super) name: String,
    pub(super) folder: PathBuf,
    manifest: String,
}

impl Crate {
    pub(super) fn named(name: &str) -> Self {
        let folder = root().join("crates").join(name);
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).expect(name);
        Self { name: name.to_owned(), folder, manifest }
    }

    pub(super) fn all() -> Vec<Self> {
        let entries = fs::read_dir(root().join("crates")).expect("crates");
        let crates: Vec<_> = entries
            .map(|entry| Self::named(&entry.expect("an entry").file_name().to_string_lossy()))
            .collect();
        assert!(crates.len() > 10, "only {} crates were found", crates.len());
        crates
    }

    /// What a section of the manifest sets, by its key.
    pub(super) fn section(&self, name: &str) -> BTreeMap<&str, &str> {
        let header = format!("[{name}]");
        let lines = self.manifest.lines().skip_while(|line| *line != header).skip(1);
        let lines = lines.take_while(|line| !line.starts_with('[')).filter(|line| !line.starts_with('#'));
        lines.filter_map(|line| line.split_once(" = ")).collect()
    }

    /// Each feature with what it turns on.
    pub(super) fn features(&self) -> BTreeMap<&str, Vec<&str>> {
        let features = self.section("features");
        let broken = features.iter().find(|(_, value)| !value.ends_with(']'));
        assert!(broken.is_none(), "{}: a feature that is not on one line, {broken:?}", self.name);
        features.into_iter().map(|(name, value)| (name, between(value, '"'))).collect()
    }

    /// Its features but `default`.
    pub(super) fn own_features(&self) -> BTreeSet<&str> {
        self.features().into_keys().filter(|name| *name != "default").collect()
    }
}

/// What stands in a text between pairs of a mark.
pub(super) fn between(text: &str, mark: char) -> Vec<&str> {
    text.split(mark).skip(1).step_by(2).collect()
}
