//! A dataset's folder, made for a test.

use std::path::{Path, PathBuf};

use ess_kit::prelude::*;
use tempfile::TempDir;

/// `queries.safetensors` (q0, q1, …) and `corpus.safetensors` (d0, d1, …); item i is a third of a turn ahead of query i.
pub(crate) struct Folder(TempDir);

/// Queries, and items.
pub(crate) const ROWS: usize = 40;

impl Folder {
    pub(crate) fn new() -> Self {
        Self::with_provenance(1.0, &Provenance::default())
    }

    /// Items of this norm, with this said of them.
    pub(crate) fn with_provenance(norm: f32, provenance: &Provenance) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        write(&folder.path("corpus.safetensors"), 'd', &points(2.1, norm), provenance);
        write(&folder.path("queries.safetensors"), 'q', &points(0.0, 1.0), &Provenance::default());
        folder
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn open(&self) -> Dataset {
        Dataset::open(self.0.path()).unwrap()
    }

    /// A qrels file with these lines.
    pub(crate) fn qrels(&self, lines: &[&str]) -> PathBuf {
        let path = self.path("qrels.tsv");
        std::fs::write(&path, format!("query-id\tcorpus-id\tscore\n{}\n", lines.join("\n"))).unwrap();
        path
    }
}

/// Points on a circle, one a query.
pub(crate) fn points(turn: f32, norm: f32) -> Embeddings {
    let point = |row: usize| {
        let (sin, cos) = (row as f32 * std::f32::consts::TAU / ROWS as f32 + turn).sin_cos();
        [norm * cos, norm * sin]
    };
    Embeddings::from_rows(&(0..ROWS).map(point).collect::<Vec<_>>()).unwrap()
}

/// `kind0`, `kind1`, …
pub(crate) fn ids(kind: char, count: usize) -> Ids {
    Ids::new((0..count).map(|row| format!("{kind}{row}")).collect()).unwrap()
}

pub(crate) fn write(path: &Path, kind: char, rows: &Embeddings, provenance: &Provenance) {
    write_store(path, &ids(kind, rows.len()), rows, Dtype::F32, provenance).unwrap();
}
