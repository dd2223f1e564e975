//! What is written: vectors, token states, layers, passages, queries alone, and texts of all lengths; what is refused.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use ess_core::{ItemEncoder, QueryEncoder};
use ess_data::EmbeddingStore;
use ess_encoders::{ColbertEncoder, SentenceEncoder};

use crate::program::{read_json, run};

use super::{Beir, tiny_model};

#[test]
fn writes_what_the_encoder_gives() {
    let beir = Beir::new(40, 30);
    let json = beir.0.path().join("report.json");
    beir.encode(&["--dtype", "f32", "--part", "7", "--json", json.to_str().unwrap()]).succeeded();
    let encoder = SentenceEncoder::load(tiny_model()).unwrap();
    let items = EmbeddingStore::open(beir.out().join("corpus.safetensors")).unwrap();
    let texts: Vec<_> = (0..40).map(|i| format!(" {}", "the quick brown fox ".repeat(i * 7 % 30))).collect();
    let expected = encoder.encode_items(&texts.iter().map(|text| text.trim()).collect::<Vec<_>>()).unwrap();
    let found = items.to_embeddings().unwrap();
    let furthest =
        found.as_slice().iter().zip(expected.as_slice()).map(|(f, e)| (f - e).abs()).fold(0.0, f32::max);
    assert!(furthest < 1e-5, "{furthest}");
    let text = items.provenance().text.clone().unwrap();
    assert!(text.contains("title") && text.contains("tokens"), "{text}");
    assert_eq!(items.provenance().pooling.as_deref(), Some("mean"));
    assert_eq!((&read_json(&json)["items"], &read_json(&json)["queries"]), (&40.into(), &9.into()));
    assert_eq!(beir.files().len(), 2, "no parts are left");
}

#[test]
fn keeps_token_states_and_layers() {
    let beir = Beir::new(3, 5);
    beir.encode(&["--states", "1", "--dtype", "f32", "--part", "4"]).succeeded();
    let queries = EmbeddingStore::open(beir.out().join("queries.safetensors")).unwrap();
    let encoder = std::sync::Arc::new(SentenceEncoder::load(tiny_model()).unwrap());
    let tokens = ess_encoders::TokenEncoder::new(encoder, 1).unwrap();
    assert_eq!(queries.provenance().layers, Some(vec![1]));
    let found = queries.token_states_of(&["q8"]).unwrap();
    let expected = tokens.encode_queries(&["risk 8"]).unwrap();
    assert_eq!((found.tokens(0), found.token_dim()), (expected.tokens(0), 32));
    let furthest =
        found.packed().iter().zip(expected.packed()).map(|(f, e)| (f - e).abs()).fold(0.0, f32::max);
    assert!(furthest < 1e-5, "{furthest}");
    assert_eq!(EmbeddingStore::open(beir.out().join("corpus.safetensors")).unwrap().token_dim(), None);

    beir.encode(&["--states", "1", "--item-states", "--dtype", "f32", "--part", "2"]).succeeded();
    let items = EmbeddingStore::open(beir.out().join("corpus.safetensors")).unwrap();
    assert_eq!((items.token_dim(), items.provenance().layers.clone()), (Some(32), Some(vec![1])));
    let (found, expected) = (
        items.token_states_of(&["d2"]).unwrap(),
        tokens.encode_items(&["the quick brown fox ".repeat(4).trim()]).unwrap(),
    );
    assert_eq!(found.tokens(0), expected.tokens(0));
    let furthest =
        found.packed().iter().zip(expected.packed()).map(|(f, e)| (f - e).abs()).fold(0.0, f32::max);
    assert!(furthest < 1e-5, "{furthest}");

    beir.encode(&["--layers", "0,2"]).succeeded();
    let items = EmbeddingStore::open(beir.out().join("corpus.safetensors")).unwrap();
    assert_eq!((items.dim(), items.provenance().layers.clone()), (96, Some(vec![0, 2])));
}

#[test]
fn cuts_items_into_passages_that_are_those_of_the_items() {
    let beir = Beir::new(3, 5);
    let items =
        [("d1", "Tides", "The moon pulls at the water. It turns."), ("d2", "", ""), ("d3", "", "A fox.")];
    let line = |(id, title, text)| serde_json::json!({"_id": id, "title": title, "text": text}).to_string();
    beir.write("corpus.jsonl", items.map(line).join("\n"));
    beir.encode(&["--passages", "--dtype", "f32", "--part", "2"]).succeeded();
    let passages = EmbeddingStore::open(beir.out().join("passages.safetensors")).unwrap();
    assert_eq!(passages.ids().as_slice(), ["d1#0", "d1#1", "d2#0", "d3#0"]);
    let encoder = SentenceEncoder::load(tiny_model()).unwrap();
    let text = "The moon pulls at the water. It turns.";
    let expected = encoder.encode_items(&["Tides", text, "", "A fox."]).unwrap();
    let found = passages.to_embeddings().unwrap();
    let furthest =
        found.as_slice().iter().zip(expected.as_slice()).map(|(f, e)| (f - e).abs()).fold(0.0, f32::max);
    assert!(furthest < 1e-5, "{furthest}");
    let dataset = ess_kit::Dataset::open(beir.out()).unwrap();
    let rows = dataset.passages().unwrap().unwrap().rows;
    assert_eq!((rows.items(), rows.of_item(0)), (3, 0..2));

    // Beside token states they are the same vectors.
    std::fs::remove_file(beir.out().join("passages.safetensors")).unwrap();
    beir.encode(&["--passages", "--states", "1", "--item-states", "--dtype", "f32"]).succeeded();
    let passages = EmbeddingStore::open(beir.out().join("passages.safetensors")).unwrap();
    assert_eq!((passages.to_embeddings().unwrap(), passages.token_dim()), (found, None));
    let dataset = ess_kit::Dataset::open(beir.out()).unwrap();
    assert_eq!(
        (dataset.item_tokens().unwrap().unwrap().items(), dataset.passages().unwrap().is_some()),
        (3, true)
    );

    beir.encode(&["--passages", "--passage-words", "0"]).failed_with(&["--passage-words", "at least 1"]);
    // A store of other items is refused by name.
    beir.write("corpus.jsonl", line(items[2]));
    beir.encode(&[]).succeeded();
    let error = ess_kit::Dataset::open(beir.out()).unwrap().passages().unwrap_err();
    assert!(format!("{error:#}").contains("passages.safetensors"), "{error:#}");
}

#[test]
fn of_queries_alone_leaves_the_items_of_another_run_as_they_are() {
    let beir = Beir::new(3, 5);
    beir.encode(&[]).succeeded();
    let plain = beir.files();
    let json = beir.0.path().join("report.json");
    beir.encode(&["--queries-only", "--layers", "0,2", "--json", json.to_str().unwrap()]).succeeded();
    let of_items = |files: &BTreeMap<PathBuf, Vec<u8>>| {
        files.iter().find(|(path, _)| path.ends_with("corpus.safetensors")).unwrap().1.clone()
    };
    assert_eq!(of_items(&beir.files()), of_items(&plain));
    let report = read_json(&json);
    assert_eq!((&report["items"], &report["dim"]), (&serde_json::Value::Null, &96.into()));
    // Neither the items' texts nor a corpus are asked for.
    std::fs::remove_file(beir.0.path().join("corpus.jsonl")).unwrap();
    beir.encode(&["--queries-only", "--states", "1"]).succeeded();
    beir.encode(&["--queries-only", "--states", "1", "--item-states"]).failed_with(&["--queries-only"]);
}

#[test]
fn takes_empty_and_very_long_texts_and_cuts_them_where_told() {
    let beir = Beir::new(3, 5);
    let long = "heart and risk of men ".repeat(20_000);
    let line = |id: &str, text: &str| serde_json::json!({"_id": id, "text": text}).to_string();
    beir.write(
        "corpus.jsonl",
        [line("empty", ""), line("long", &long), line("short", "heart and risk of men")].join("\n"),
    );
    beir.encode(&["--max-tokens", "7", "--dtype", "f32"]).succeeded();
    let store = EmbeddingStore::open(beir.out().join("corpus.safetensors")).unwrap();
    assert!(store.provenance().text.clone().unwrap().contains("at most 7 tokens"));
    let rows = store.embeddings_of(&["long", "short", "empty"]).unwrap();
    assert_ne!(rows.row(0), rows.row(2));
    // Cut to five words, the long text starts as the short one does.
    let furthest = rows.row(0).iter().zip(rows.row(1)).map(|(l, s)| (l - s).abs()).fold(0.0, f32::max);
    assert!(furthest < 1e-5, "{furthest}");
}

#[test]
fn says_what_is_wrong() {
    let beir = Beir::new(3, 5);
    beir.encode(&["--part", "0"]).failed_with(&["--part"]);
    beir.encode(&["--layers", "7"]).failed_with(&["--layers", "7"]);
    beir.encode(&["--states", "7"]).failed_with(&["--states", "7"]);
    beir.encode(&["--item-states"]).failed_with(&["--item-states", "--states"]);
    beir.encode(&["--states", "1", "--layers", "1"]).failed_with(&["--states", "--layers"]);
    beir.encode(&["--max-tokens", "4"]).failed_with(&["--max-tokens", "4"]);
    beir.encode(&["--shard", "4/3"]).failed_with(&["4/3"]);
    beir.encode(&["--device", "tpu"]).failed_with(&["--device", "tpu"]);
    if cfg!(not(feature = "wgpu")) {
        beir.encode(&["--device", "wgpu"]).failed_with(&["feature \"wgpu\""]);
    }
    let mut elsewhere = beir.arguments(&[]);
    elsewhere[1] = "no/such-model-here".to_owned();
    if cfg!(not(feature = "hub")) {
        run("encode", elsewhere).failed_with(&["no/such-model-here", "--features hub"]);
    }
    beir.write("corpus.jsonl", b"{\"_id\": \"a\", \"text\": \"x\"}\n{\"_id\": \"b\", \"text\": \"\xff\"}\n");
    beir.encode(&[]).failed_with(&["corpus.jsonl", "line 2", "UTF-8"]);
    beir.write("corpus.jsonl", "{\"_id\": \"a\", \"text\": \"x\"}\n{\"_id\": \"a\", \"text\": \"y\"}\n");
    beir.encode(&[]).failed_with(&["corpus.jsonl", "a"]);
    assert!(beir.files().is_empty());
}

#[test]
fn at_another_precision_is_another_store_and_says_so() {
    let beir = Beir::new(3, 5);
    let store = || EmbeddingStore::open(beir.out().join("corpus.safetensors")).unwrap();
    beir.encode(&["--dtype", "f32"]).succeeded();
    let plain = store();
    assert_eq!(plain.provenance().precision, None);
    for precision in ["bf16", "int8"] {
        // What another precision left is not taken for this one's.
        beir.encode(&["--dtype", "f32", "--precision", precision]).succeeded();
        assert_eq!(store().provenance().precision.as_deref(), Some(precision));
        let encoder = SentenceEncoder::load_at(tiny_model(), precision.parse().unwrap()).unwrap();
        let text = "the quick brown fox ".repeat(4);
        let expected = encoder.encode_items(&[text.trim()]).unwrap();
        assert_eq!(store().embeddings_of(&["d2"]).unwrap(), expected, "{precision}");
        assert_ne!(store().to_embeddings().unwrap(), plain.to_embeddings().unwrap(), "{precision}");
    }
    beir.encode(&["--dtype", "f32"]).succeeded();
    assert_eq!(store().to_embeddings().unwrap(), plain.to_embeddings().unwrap());
    beir.encode(&["--precision", "int4"]).failed_with(&["--precision", "f32, bf16 or int8"]);
    let distilled = beir.0.path().join("static");
    let [model, out] = [tiny_model(), distilled.clone()].map(|path| path.to_str().unwrap().to_owned());
    run("distil", ["--model", &model, "--out", &out, "--dim", "8", "--quiet"]).succeeded();
    run("encode", beir.arguments_for(&distilled, &["--precision", "int8"]))
        .failed_with(&["--precision", "static"]);
}

#[test]
fn a_colbert_model_keeps_the_vectors_of_tokens_of_both_sides() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ess-encoders/tests/golden/colbert");
    for name in ["pylate", "published"] {
        let (beir, model) = (Beir::new(7, 40), folder.join(name));
        let encode = |more: &[&str]| run("encode", beir.arguments_for(&model, more));
        encode(&["--part", "3", "--dtype", "f32"]).succeeded();
        let [items, queries] = ["corpus", "queries"]
            .map(|name| EmbeddingStore::open(beir.out().join(name).with_extension("safetensors")).unwrap());
        assert_eq!((items.token_dim(), queries.token_dim(), items.dim()), (Some(16), Some(16), 16));
        let texts = ["risk 0", "risk 1"];
        let expected = ColbertEncoder::load(&model).unwrap().encode_queries(&texts).unwrap();
        let found = queries.token_states(0..2).unwrap();
        assert!(found.packed().iter().zip(expected.packed()).all(|(a, b)| (a - b).abs() < 1e-5));
        let [index, items] =
            ["tokens.index", "corpus.safetensors"].map(|name| beir.out().join(name).display().to_string());
        run("index", ["build", "--kind", "tokens", "--items", &items, "--out", &index, "--quiet"])
            .succeeded();
        for refused in [
            &["--states", "1"][..],
            &["--layers", "1"],
            &["--representation", "pooled"],
            &["--passages"],
            &["--max-tokens", "9"],
        ] {
            encode(refused).failed_with(&[refused[0], "ColBERT"]);
        }
    }
}
