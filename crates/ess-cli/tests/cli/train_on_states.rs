//! From texts to a trained module for what `encode` keeps beside embeddings: token states, and poolings of layers.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use ess_data::{Item, Query, Record, RecordReader, read_qrels};
use ess_train::RecipeConfig;
use serde::{Serialize, de::DeserializeOwned};
use tempfile::TempDir;

use crate::{
    encode::tiny_model,
    program::{read_json, run, scifact},
};

const QUERIES: usize = 40;

/// Some queries of SciFact with their relevant items, as texts.
struct Texts(TempDir);

impl Texts {
    fn new() -> Self {
        let texts = Self(tempfile::tempdir().unwrap());
        let qrels = read_qrels(scifact().join("qrels/train.tsv")).unwrap();
        let asked: BTreeSet<&str> = qrels.queries().take(QUERIES).collect();
        let judged: Vec<(&str, &str, i32)> =
            qrels.iter().filter(|(query, _, grade)| asked.contains(query) && *grade > 0).collect();
        let wanted: BTreeSet<&str> = judged.iter().map(|&(_, item, _)| item).collect();
        texts.copy::<Query>("queries.jsonl", "queries.jsonl", &asked);
        texts.copy::<Item>("corpus.jsonl.gz", "corpus.jsonl", &wanted);
        let lines: Vec<String> =
            judged.iter().map(|(query, item, grade)| format!("{query}\t{item}\t{grade}\n")).collect();
        let qrels = format!("query-id\tcorpus-id\tscore\n{}", lines.concat());
        std::fs::write(texts.path("qrels.tsv"), qrels).unwrap();
        texts
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn copy<R: Record + Serialize + DeserializeOwned>(&self, from: &str, to: &str, ids: &BTreeSet<&str>) {
        let records = RecordReader::<R>::open(scifact().join(from)).unwrap().map(Result::unwrap);
        let lines: Vec<String> = records
            .filter(|record| ids.contains(record.id()))
            .map(|record| serde_json::to_string(&record).unwrap())
            .collect();
        assert_eq!(lines.len(), ids.len());
        std::fs::write(self.path(to), lines.join("\n")).unwrap();
    }

    /// Encodes the texts into a folder.
    fn encode(&self, out: &str, more: &[&str]) {
        let [model, beir, out] = [tiny_model(), self.path(""), self.path(out)].map(|path| path_text(&path));
        let own = ["--model", &model, "--beir", &beir, "--out", &out, "--max-tokens", "48", "--quiet"];
        run("encode", own.iter().copied().chain(more.iter().copied())).succeeded();
    }

    /// Trains a kind on a folder of embeddings, and measures what was saved.
    fn train_and_evaluate(&self, embeddings: &str, kind: &str) {
        let [embeddings, qrels, out] =
            [self.path(embeddings), self.path("qrels.tsv"), self.path(kind)].map(|path| path_text(&path));
        let data = ["--embeddings", &embeddings, "--train", &qrels, "--out", &out, "--module", kind];
        run("train", data.iter().copied().chain(["--max-steps", "10", "--quiet"])).succeeded();
        let report = read_json(&self.path(kind).join("training.json"));
        assert_eq!((&report["module"], &report["train_queries"]), (&kind.into(), &32.into()));
        let settings = ["--embeddings", &embeddings, "--qrels", &qrels, "--module", &out];
        let found = run("evaluate", settings).succeeded();
        assert!(found.stdout.contains(kind), "{}", found.stdout);
    }
}

#[test]
fn every_kind_that_reads_more_than_one_vector_is_trained_on_what_encode_keeps() {
    let texts = Texts::new();
    texts.encode("states", &["--states", "1"]);
    for kind in RecipeConfig::token_kinds() {
        texts.train_and_evaluate("states", kind);
    }
    // Items keep one vector each.
    texts.encode("layers", &["--layers", "0,1,2"]);
    std::fs::copy(texts.path("states/corpus.safetensors"), texts.path("layers/corpus.safetensors")).unwrap();
    for kind in ["layer_attention", "layer_transformer"] {
        texts.train_and_evaluate("layers", kind);
    }
}

fn path_text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}
