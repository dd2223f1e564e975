//! `encode`: a BEIR folder to encode, and what is asked of the program, a file a question.

mod compressed;
mod full_disk;
#[cfg(feature = "images")]
mod images;
mod merged;
mod model_folder;
#[cfg(feature = "object-store")]
mod objects;
#[cfg(feature = "parquet")]
mod parquet;
mod representations;
mod routers;
mod shards;
mod sparse;
mod stopped;
mod stores;
mod upload;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use crate::program::{Outcome, run};

pub(crate) fn tiny_model() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../ess-encoders/tests/golden/tiny/bert")
}

/// A BEIR folder and a place for results.
pub(crate) struct Beir(pub(crate) TempDir);

impl Beir {
    /// Texts of all lengths, an empty one among them.
    pub(crate) fn new(items: usize, longest: usize) -> Self {
        let beir = Self(tempfile::tempdir().unwrap());
        let text = |i: usize| "the quick brown fox ".repeat(i * 7 % longest);
        let record =
            |i: usize| serde_json::json!({"_id": format!("d{i}"), "title": "", "text": text(i)}).to_string();
        beir.write("corpus.jsonl", (0..items).map(record).collect::<Vec<_>>().join("\n"));
        let query =
            |i: usize| serde_json::json!({"_id": format!("q{i}"), "text": format!("risk {i}")}).to_string();
        beir.write("queries.jsonl", (0..9).map(query).collect::<Vec<_>>().join("\n"));
        beir
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.0.path().join(name), content).unwrap();
    }

    pub(crate) fn out(&self) -> PathBuf {
        self.0.path().join("out")
    }

    fn arguments(&self, more: &[&str]) -> Vec<String> {
        self.arguments_for(&tiny_model(), more)
    }

    fn arguments_for(&self, model: &Path, more: &[&str]) -> Vec<String> {
        let text = |path: &Path| path.to_str().unwrap().to_owned();
        let own = ["--model", &text(model), "--beir", &text(self.0.path()), "--out", &text(&self.out())];
        own.into_iter().chain(["--quiet"]).chain(more.iter().copied()).map(str::to_owned).collect()
    }

    pub(crate) fn encode(&self, more: &[&str]) -> Outcome {
        run("encode", self.arguments(more))
    }

    /// Everything under `out`, by path.
    pub(crate) fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let (mut files, mut folders) = (BTreeMap::new(), vec![self.out()]);
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).into_iter().flatten() {
                let path = entry.unwrap().path();
                match path.is_dir() {
                    true => folders.push(path),
                    false => drop(files.insert(path.clone(), std::fs::read(path).unwrap())),
                }
            }
        }
        files
    }
}
