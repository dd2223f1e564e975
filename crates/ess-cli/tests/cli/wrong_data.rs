//! Embeddings and judgements that are missing, damaged or do not fit: `train` and `evaluate` name the file and the cause.

use crate::small_data::SmallData;

/// Both programs fail with these words and write nothing; `train` with dev given and with dev cut from train.
#[track_caller]
fn refused(data: &SmallData, needles: &[&str]) {
    let json = data.text("report.json");
    data.train(&["--json", &json]).failed_with(needles);
    data.train(&["--dev", &data.text("qrels.tsv"), "--json", &json]).failed_with(needles);
    data.evaluate(&["--write-run", &data.text("hits.run"), "--json", &json]).failed_with(needles);
    data.nothing_was_written();
}

#[test]
fn a_folder_without_embeddings() {
    let data = SmallData::new(4, 4);
    std::fs::remove_file(data.path("queries.safetensors")).unwrap();
    refused(&data, &["queries.safetensors", "No such file"]);
}

#[test]
fn embeddings_that_are_torn_altered_empty_or_something_else() {
    let data = SmallData::new(4, 4);
    let path = data.path("corpus.safetensors");
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    refused(&data, &["corpus.safetensors", "bytes"]);

    let mut altered = whole.clone();
    let middle = altered.iter().rposition(|&byte| byte == b'd').unwrap();
    altered[middle] ^= 1;
    std::fs::write(&path, altered).unwrap();
    refused(&data, &["corpus.safetensors", "damaged", "checksum"]);

    std::fs::write(&path, "").unwrap();
    refused(&data, &["corpus.safetensors", "expected a safetensors file"]);
    std::fs::write(&path, "PK\x03\x04 this is another kind of file altogether").unwrap();
    refused(&data, &["corpus.safetensors", "expected", "found"]);
}

#[test]
fn judgements_that_are_missing_empty_or_malformed() {
    let data = SmallData::new(4, 4);
    for (start, kind) in [(&b"\x93NUMPY\x01\0"[..], "a NumPy array"), (b"PAR1\x15\x04", "a Parquet file")] {
        std::fs::write(data.path("qrels.tsv"), start).unwrap();
        refused(&data, &["qrels.tsv", "expected text", kind]);
    }
    data.write_qrels(&["q0\td0\t1", "q1\td1"]);
    refused(&data, &["qrels.tsv", "line 3", "expected"]);
    data.write_qrels(&["q0\td0\t1", "q1\td1\trelevant"]);
    refused(&data, &["qrels.tsv", "line 3", "relevant"]);
    data.write_qrels(&["q0\td0\t1", "q0\td0\t1"]);
    refused(&data, &["qrels.tsv", "line 3", "d0"]);
    std::fs::write(data.path("qrels.tsv"), "").unwrap();
    refused(&data, &["qrels.tsv", "expected at least one"]);
    std::fs::remove_file(data.path("qrels.tsv")).unwrap();
    refused(&data, &["qrels.tsv", "no such file"]);
}

#[test]
fn judgements_of_queries_and_items_without_an_embedding() {
    let data = SmallData::new(4, 4);
    data.write_qrels(&["q0\td0\t1", "nobody\td1\t1", "q2\td2\t1"]);
    refused(&data, &["qrels.tsv", "unknown query", "nobody"]);
    data.write_qrels(&["q0\td0\t1", "q1\tnothing\t1", "q2\td2\t1"]);
    refused(&data, &["qrels.tsv", "unknown item", "nothing"]);
}

#[test]
fn judgements_without_a_relevant_item() {
    let data = SmallData::new(4, 4);
    data.write_qrels(&["q0\td0\t0", "q1\td1\t0", "q2\td2\t0"]);
    refused(&data, &["qrels.tsv", "positive"]);
}

#[test]
fn one_query_alone_cannot_be_cut_into_train_and_dev() {
    let data = SmallData::new(4, 4);
    data.write_qrels(&["q0\td0\t1"]);
    data.train(&[]).failed_with(&["qrels.tsv", "2 judged queries"]);
    data.nothing_was_written();
}
