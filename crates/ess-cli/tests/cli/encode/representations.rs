//! `encode --representation` and `--late-chunks`: what is written, what it says of itself, and what is refused.

use std::sync::Arc;

use ess_core::{Embeddings, ItemEncoder, QueryEncoder};
use ess_data::EmbeddingStore;
use ess_encoders::{LateChunker, PassageSplitter, RepresentationEncoder, SentenceEncoder};

use crate::program::run;

use super::{Beir, tiny_model};

const RICH: [&str; 4] =
    ["--representation", "pooled=prompt:document", "--representation", "layer=at:1,pooling:max"];

fn assert_close(found: &Embeddings, expected: &Embeddings) {
    assert_eq!((found.len(), found.dim()), (expected.len(), expected.dim()));
    let pairs = found.as_slice().iter().zip(expected.as_slice());
    let furthest = pairs.map(|(f, e)| (f - e).abs()).fold(0.0, f32::max);
    assert!(furthest < 1e-5, "{furthest}");
}

#[test]
fn rows_are_the_chosen_representations_and_the_store_says_which() {
    let beir = Beir::new(6, 20);
    beir.encode(&[&RICH[..], &["--dtype", "f32", "--part", "4"]].concat()).succeeded();
    let wanted = [RICH[1], RICH[3]].map(|text| text.parse().unwrap()).to_vec();
    let model = Arc::new(SentenceEncoder::load(tiny_model()).unwrap());
    let encoder = RepresentationEncoder::new(model, wanted).unwrap();
    let queries = EmbeddingStore::open(beir.out().join("queries.safetensors")).unwrap();
    let texts: Vec<String> = (0..9).map(|i| format!("risk {i}")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    assert_close(&queries.to_embeddings().unwrap(), &encoder.encode_queries(&texts).unwrap());
    let texts: Vec<String> = (0..6).map(|i| "the quick brown fox ".repeat(i * 7 % 20)).collect();
    let texts: Vec<&str> = texts.iter().map(|text| text.trim()).collect();
    let items = EmbeddingStore::open(beir.out().join("corpus.safetensors")).unwrap();
    assert_close(&items.to_embeddings().unwrap(), &encoder.encode_items(&texts).unwrap());

    let stored = items.provenance().representations.clone().unwrap();
    let said: Vec<_> = stored.iter().map(|one| (one.name.as_str(), one.space.as_str(), one.dim)).collect();
    assert_eq!(said, [(RICH[1], "embedding", 32), (RICH[3], "layer 1, max", 32)]);
    let provenance = items.provenance();
    assert_eq!((provenance.normalized, provenance.similarity.as_deref()), (Some(false), None));

    // What was made with other settings is not taken for this.
    beir.encode(&["--representation", "layer=at:1,pooling:max", "--dtype", "f32"]).succeeded();
    let one = EmbeddingStore::open(beir.out().join("corpus.safetensors")).unwrap();
    assert_eq!((one.dim(), one.provenance().normalized), (32, Some(true)));
}

#[test]
fn passages_of_a_whole_item_are_the_same_in_parts_of_any_size() {
    let beir = Beir::new(3, 5);
    let text = "The moon pulls at the water below it. It turns around the earth in a month. Tides come and go twice a day.";
    let items = [("d1", "On tides.", text), ("d2", "", ""), ("d3", "", "A fox.")];
    let line = |(id, title, text)| serde_json::json!({"_id": id, "title": title, "text": text}).to_string();
    beir.write("corpus.jsonl", items.map(line).join("\n"));
    let passages = || EmbeddingStore::open(beir.out().join("passages.safetensors")).unwrap();
    let late = ["--passages", "--passage-words", "9", "--late-chunks", "--dtype", "f32"];
    beir.encode(&[&late[..], &["--part", "2"]].concat()).succeeded();
    let in_parts = passages().to_embeddings().unwrap();

    let chunker = LateChunker::new(Arc::new(SentenceEncoder::load(tiny_model()).unwrap()), None).unwrap();
    let whole = format!("On tides. {text}");
    let ranges = PassageSplitter { max_words: 9, min_words: 6 }.ranges(&whole);
    let expected = chunker.encode_items(&[&whole], std::slice::from_ref(&ranges)).unwrap();
    assert_eq!(in_parts.len(), ranges.len() + 2);
    assert!(ranges.len() > 2, "a part ends within the item");
    let first: Vec<usize> = (0..ranges.len()).collect();
    assert_close(&in_parts.select(&first).unwrap(), &expected[0]);
    let stored = passages().provenance().representations.clone().unwrap();
    assert_eq!((stored[0].name.as_str(), stored[0].space.as_str()), ("late_chunks", "embedding"));
    let rows = ess_kit::Dataset::open(beir.out()).unwrap().passages().unwrap().unwrap().rows;
    assert_eq!((rows.items(), rows.of_item(0).len()), (3, ranges.len()));

    // Nor are those of windows of another length.
    let within = |tokens| {
        beir.encode(&[&late[..], &["--max-tokens", tokens]].concat()).succeeded();
        passages().to_embeddings().unwrap()
    };
    assert_ne!(within("8"), within("16"));
    assert!(passages().provenance().text.as_ref().unwrap().ends_with("at most 16 tokens"));

    // Passages by themselves are not taken for these.
    beir.encode(&["--passages", "--passage-words", "9", "--dtype", "f32"]).succeeded();
    assert_eq!(passages().provenance().representations, None);
}

#[test]
fn what_cannot_be_given_is_refused_and_says_what_can() {
    let beir = Beir::new(3, 5);
    for (representation, said) in [
        ("layer=at:9", "9 of 2"),
        ("pooled=prompt:passage", "known are document, query"),
        ("mean", "late_chunks"),
        ("layer=4", "SETTING:VALUE"),
    ] {
        beir.encode(&["--representation", representation]).failed_with(&["--representation", said]);
    }
    beir.encode(&["--representation", "pooled", "--layers", "1"])
        .failed_with(&["--representation", "--layers"]);
    beir.encode(&["--late-chunks"]).failed_with(&["--passages"]);
    assert!(beir.files().is_empty(), "nothing was written");
}

#[test]
fn queries_and_items_of_different_spaces_are_said_where_they_are_joined() {
    let beir = Beir::new(6, 20);
    beir.encode(&["--representation", "sentences"]).succeeded();
    std::fs::write(beir.0.path().join("qrels.tsv"), "query-id\tcorpus-id\tscore\nq1\td1\t1\nq2\td2\t1\n")
        .unwrap();
    let (out, qrels) = (beir.out(), beir.0.path().join("qrels.tsv"));
    let arguments = ["--embeddings", out.to_str().unwrap(), "--qrels", qrels.to_str().unwrap()];
    let said = |queries: &[&str]| {
        beir.encode(&[&["--queries-only"], queries].concat()).succeeded();
        run("evaluate", arguments).succeeded().stderr
    };
    for alike in
        [&[][..], &["--representation", "pooled=prompt:document"], &["--representation", "late_chunks"]]
    {
        let stderr = said(alike);
        assert!(!stderr.contains("means nothing"), "{alike:?}: {stderr}");
    }
    let stderr = said(&["--representation", "layer=at:1"]);
    assert!(stderr.contains("queries are of layer 1, mean, items of embedding"), "{stderr}");
}
