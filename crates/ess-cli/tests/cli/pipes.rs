//! Files that come through a pipe, as a shell's `<(…)` gives them: each is read once.

use std::io::Write;

use ess_data::{EmbeddingStore, read_run};

use crate::{
    program::{Outcome, command, outcome},
    small_data::{QUERIES, SmallData},
};

const STANDARD_INPUT: &str = "/dev/stdin";

/// Runs a program whose standard input has this text.
fn fed(content: &str, name: &str, arguments: &[&str]) -> Outcome {
    let (reader, mut writer) = std::io::pipe().unwrap();
    writer.write_all(content.as_bytes()).unwrap();
    drop(writer);
    outcome(command(name).args(arguments).stdin(reader))
}

#[test]
fn ids_come_through_a_pipe() {
    let data = SmallData::new(4, 4);
    let (npy, out) = (data.text("x.npy"), data.text("x.safetensors"));
    let store = EmbeddingStore::open(data.path("queries.safetensors")).unwrap();
    ess_data::write_npy(&npy, &store.to_embeddings().unwrap(), ess_data::Dtype::F32).unwrap();
    let ids = store.ids().as_slice();
    for content in [ids.join("\n"), serde_json::to_string(ids).unwrap()] {
        fed(&content, "import", &["--npy", &npy, "--ids", STANDARD_INPUT, "--out", &out]).succeeded();
        assert_eq!(EmbeddingStore::open(&out).unwrap().ids().as_slice(), ids);
    }
}

#[test]
fn runs_and_a_teacher_come_through_a_pipe() {
    let data = SmallData::new(4, 4);
    let (qrels, hits) = (data.text("qrels.tsv"), data.text("hits.run"));
    data.evaluate(&["--write-run", &hits]).succeeded();
    let run = std::fs::read_to_string(&hits).unwrap();
    assert_eq!(read_run(&hits).unwrap().queries().count(), QUERIES);
    let said = fed(&run, "evaluate", &["--run", STANDARD_INPUT, "--qrels", &qrels]).succeeded();
    assert!(said.stdout.starts_with(&format!("{QUERIES} queries")), "{}", said.stdout);

    let (embeddings, out) = (data.text(""), data.text("module"));
    let own = ["--embeddings", &embeddings, "--train", &qrels, "--out", &out, "--max-steps", "2", "--quiet"];
    let taught = ["--loss", "margin-mse", "--teacher", STANDARD_INPUT];
    fed(&run, "train", &[&own[..], &taught].concat()).succeeded();
}
