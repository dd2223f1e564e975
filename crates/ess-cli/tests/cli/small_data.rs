//! A folder with a small search task: embeddings, judgements and room for what programs write.

use std::path::{Path, PathBuf};

use ess_core::{Embeddings, Ids, TokenStates};
use ess_data::{Dtype, EmbeddingStore, Provenance, write_store, write_token_store};
use tempfile::TempDir;

use crate::program::{Outcome, read_json, run};

pub(crate) const QUERIES: usize = 24;
pub(crate) const ITEMS: usize = 40;

/// How far from a query's own item, which embeddings find, the one is that words find.
const BESIDE: usize = 11;

/// `queries.safetensors` (q0, q1, …), `corpus.safetensors` (d0, d1, …) and `qrels.tsv`, in which item i is relevant to
/// query i.
pub(crate) struct SmallData {
    folder: TempDir,
}

impl SmallData {
    pub(crate) fn new(query_dim: usize, item_dim: usize) -> Self {
        let data = Self { folder: tempfile::tempdir().unwrap() };
        write_embeddings(&data.path("queries.safetensors"), 'q', QUERIES, query_dim);
        write_embeddings(&data.path("corpus.safetensors"), 'd', ITEMS, item_dim);
        let judged: Vec<String> = (0..QUERIES).map(|i| format!("q{i}\td{i}\t1")).collect();
        data.write_qrels(&judged.iter().map(String::as_str).collect::<Vec<_>>());
        data
    }

    /// Moves each component of a query to the next dimension, which an orthogonal map undoes.
    pub(crate) fn with_turned_queries(self) -> Self {
        let path = self.path("queries.safetensors");
        let store = EmbeddingStore::open(&path).unwrap();
        let (ids, queries) = (store.ids().clone(), store.to_embeddings().unwrap());
        drop(store);
        let turned = |row: &[f32]| [&row[1..], &row[..1]].concat();
        let queries = Embeddings::from_rows(&queries.rows().map(turned).collect::<Vec<_>>()).unwrap();
        write_store(&path, &ids, &queries, Dtype::F32, &Provenance::default()).unwrap();
        self
    }

    /// Writes the queries in the opposite order, with the ids and vectors that they have.
    pub(crate) fn with_reversed_queries(self) -> Self {
        self.with_queries(|queries| queries.reverse())
    }

    /// Leaves out the embedding of a query.
    pub(crate) fn without_query(self, id: &str) -> Self {
        self.with_queries(|queries| queries.retain(|(other, _)| other != id))
    }

    fn with_queries(self, change: impl FnOnce(&mut Vec<(String, Vec<f32>)>)) -> Self {
        let path = self.path("queries.safetensors");
        let store = EmbeddingStore::open(&path).unwrap();
        let (ids, vectors) = (store.ids().as_slice().to_vec(), store.to_embeddings().unwrap());
        drop(store);
        let mut queries: Vec<_> = ids.into_iter().zip(vectors.rows().map(<[f32]>::to_vec)).collect();
        change(&mut queries);
        let (ids, rows): (Vec<String>, Vec<Vec<f32>>) = queries.into_iter().unzip();
        let (ids, vectors) = (Ids::new(ids).unwrap(), Embeddings::from_rows(&rows).unwrap());
        write_store(&path, &ids, &vectors, Dtype::F32, &Provenance::default()).unwrap();
        self
    }

    /// Gives query i states of 1 + i mod 3 tokens of this dimension, beside the embedding that it has.
    pub(crate) fn with_token_states(self, token_dim: usize) -> Self {
        self.add_states("queries", token_dim, |i| points((1 + i % 3) * token_dim, token_dim));
        self
    }

    /// Gives queries and items token states by which a query finds the item that its words find as well.
    pub(crate) fn with_tokens_of_both_sides(self) -> Self {
        const DIM: usize = 12;
        let token = |item: usize| points(ITEMS * DIM, DIM)[item * DIM..][..DIM].to_vec();
        self.add_states("corpus", DIM, |item| [token(item), token((item + 1) % ITEMS)].concat());
        self.add_states("queries", DIM, |query| [token(query + BESIDE), token(query + BESIDE + 1)].concat());
        self
    }

    fn add_states(&self, name: &str, token_dim: usize, state: impl Fn(usize) -> Vec<f32>) {
        let path = self.path(&format!("{name}.safetensors"));
        let store = EmbeddingStore::open(&path).unwrap();
        let states: Vec<Vec<f32>> = (0..store.len()).map(state).collect();
        let (ids, embeddings) = (store.ids().clone(), store.to_embeddings().unwrap());
        drop(store);
        let states = TokenStates::from_texts(embeddings, token_dim, &states).unwrap();
        write_token_store(&path, &ids, &states, Dtype::F32, &Provenance::default()).unwrap();
    }

    /// Adds texts, and makes relevant what they find: a query shares a word with an item that nobody else has, and that
    /// embeddings do not find.
    pub(crate) fn with_texts(self) -> Self {
        let write = |name: &str, prefix: char, count: usize, word: &dyn Fn(usize) -> usize| {
            let record = |i| format!(r#"{{"_id": "{prefix}{i}", "text": "name{} and all"}}"#, word(i));
            std::fs::write(self.path(name), (0..count).map(record).collect::<Vec<_>>().join("\n")).unwrap();
        };
        write("corpus.jsonl", 'd', ITEMS, &|item| item);
        write("queries.jsonl", 'q', QUERIES, &|query| query + BESIDE);
        let judged: Vec<String> =
            (0..QUERIES).map(|query| format!("q{query}\td{}\t1", query + BESIDE)).collect();
        self.write_qrels(&judged.iter().map(String::as_str).collect::<Vec<_>>());
        self
    }

    /// As [`SmallData::with_texts`], with queries that are items too: query i is item i by its id and its embedding.
    pub(crate) fn with_queries_that_are_items(self) -> Self {
        let data = self.with_texts();
        write_embeddings(&data.path("queries.safetensors"), 'd', QUERIES, 6);
        for name in ["queries.jsonl", "qrels.tsv"] {
            let text = std::fs::read_to_string(data.path(name)).unwrap();
            let renamed = text.replace("\"q", "\"d").replace("\nq", "\nd").replace("\ndu", "\nqu");
            std::fs::write(data.path(name), renamed).unwrap();
        }
        data
    }

    /// A path in the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    /// Replaces the judgements by these lines.
    pub(crate) fn write_qrels(&self, lines: &[&str]) {
        let text = format!("query-id\tcorpus-id\tscore\n{}\n", lines.join("\n"));
        std::fs::write(self.path("qrels.tsv"), text).unwrap();
    }

    /// Runs `train` for two steps with more arguments; the module goes to `module`.
    pub(crate) fn train(&self, more: &[&str]) -> Outcome {
        let own = [
            "--embeddings".to_owned(),
            self.text(""),
            "--train".to_owned(),
            self.text("qrels.tsv"),
            "--out".to_owned(),
            self.text("module"),
            "--quiet".to_owned(),
        ];
        let own_steps = more.contains(&"--max-steps") || more.contains(&"auto");
        let steps = if own_steps { vec![] } else { vec!["--max-steps", "2"] };
        run("train", own.iter().map(String::as_str).chain(steps).chain(more.iter().copied()))
    }

    /// Runs `evaluate` with more arguments.
    pub(crate) fn evaluate(&self, more: &[&str]) -> Outcome {
        let own = ["--embeddings".to_owned(), self.text(""), "--qrels".to_owned(), self.text("qrels.tsv")];
        run("evaluate", own.iter().map(String::as_str).chain(more.iter().copied()))
    }

    /// What `evaluate` says of the frozen encoder.
    pub(crate) fn frozen_value(&self, measure: &str) -> f64 {
        let report = self.text("frozen.json");
        self.evaluate(&["--measure", measure, "--json", &report]).succeeded();
        read_json(report.as_ref())["systems"]["frozen"][measure]["mean"].as_f64().unwrap()
    }

    /// Neither the folder of the module nor a file of the programs' is there.
    #[track_caller]
    pub(crate) fn nothing_was_written(&self) {
        let mut found =
            std::fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
        let written = found.find(|name| ["module", "report.json", "hits.run"].iter().any(|out| name == out));
        assert_eq!(written, None, "a program that failed wrote something");
    }
}

/// Points that no two ids share, of unit norm.
fn write_embeddings(path: &Path, prefix: char, count: usize, dim: usize) {
    let ids = Ids::new((0..count).map(|i| format!("{prefix}{i}")).collect()).unwrap();
    let embeddings = Embeddings::from_vec(points(count * dim, dim), dim).unwrap().normalized();
    write_store(path, &ids, &embeddings, Dtype::F32, &Provenance::default()).unwrap();
}

fn points(numbers: usize, dim: usize) -> Vec<f32> {
    (0..numbers).map(|i| ((i / dim + 1) as f32 * (i % dim + 1) as f32 * 0.7).sin()).collect()
}
