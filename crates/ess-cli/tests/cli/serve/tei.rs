//! The protocol of text-embeddings-inference.

use std::path::Path;

use ess_core::{ItemEncoder, QueryEncoder};
use ess_encoders::{SentenceEncoder, TwoTowerEncoder};
use serde_json::{Value, json};

use super::{Served, difference};
use crate::{encode::tiny_model, program::run};

#[test]
fn a_text_and_a_list_come_as_rows() {
    // A model that does not normalize by itself.
    let model = tiny_model().with_file_name("distilbert");
    let server = Served::of(&model, &[]);
    let encoder = SentenceEncoder::load(&model).unwrap();
    let post = |body: Value| -> Vec<Vec<f32>> {
        serde_json::from_value(server.post("/embed", body.to_string()).ok()).unwrap()
    };
    let texts = ["the cat", "what reduces risk?"];
    let expected = encoder.encode_items(&texts).unwrap();
    let raw = post(json!({"inputs": texts, "normalize": false}));
    assert!(difference(raw.iter().map(Vec::as_slice), &expected) <= 1e-6);
    let unit = post(json!({"inputs": texts, "truncate": true, "truncation_direction": "Right"}));
    assert!(difference(unit.iter().map(Vec::as_slice), &expected.normalized()) <= 1e-6);
    assert_eq!(post(json!({"inputs": "the cat"})).len(), 1);
}

#[test]
fn the_root_is_asked_as_clients_of_the_hub_do() {
    let server = Served::start(&[]);
    let body = json!({"inputs": ["the cat"]}).to_string();
    assert_eq!(server.post("/", &body).ok(), server.post("/embed", &body).ok());
    assert_eq!(server.get("/").status, 405);
}

#[test]
fn a_model_with_two_towers_is_asked_for_one_of_them() {
    for folder in ["router", "../routers/asym"] {
        let model = tiny_model().with_file_name(folder);
        run("serve-embeddings", ["--model", model.to_str().unwrap()])
            .failed_with(&["--prompt", "query or document"]);
    }
    for folder in ["router", "../routers/static-queries"] {
        both_towers_answer(&tiny_model().with_file_name(folder));
    }
}

fn both_towers_answer(model: &Path) {
    let server = Served::of(model, &["--prompt", "document"]);
    let post =
        |prompt: &str| server.post("/embed", json!({"inputs": "the cat", "prompt_name": prompt}).to_string());
    let none = post("none");
    assert_eq!((none.status, none.json()["error_type"].as_str()), (413, Some("Validation")));
    assert!(none.json()["error"].as_str().unwrap().contains("query or document"));
    let towers = TwoTowerEncoder::load(model).unwrap();
    let rows = |answer: Value| serde_json::from_value::<Vec<Vec<f32>>>(answer).unwrap();
    let query = towers.encode_queries(&["the cat"]).unwrap().normalized();
    assert!(difference(rows(post("query").ok()).iter().map(Vec::as_slice), &query) <= 1e-6);
    let item = towers.encode_items(&["the cat"]).unwrap().normalized();
    assert!(difference(rows(post("document").ok()).iter().map(Vec::as_slice), &item) <= 1e-6);
}

#[test]
fn what_is_wrong_is_refused_in_the_protocols_words() {
    let server = Served::start(&["--max-texts", "3"]);
    let long = "cat ".repeat(4000);
    for (body, status, said, of_type) in [
        (json!({"inputs": ["a", &long]}), 413, "text 1 has", "Validation"),
        (json!({"inputs": []}), 413, "at least one", "Validation"),
        (json!({"inputs": ["a", "b", "c", "d"]}), 413, "at most 3", "Validation"),
        (json!({"inputs": "a", "dimensions": 0}), 413, "dimensions", "Validation"),
        (json!({"inputs": [1, 2]}), 422, "inputs", "Tokenizer"),
        (json!({"inputs": "a", "prompt_name": "passage"}), 422, "passage", "Tokenizer"),
        (json!({"inputs": "a", "truncation_direction": "Left"}), 422, "Left", "Tokenizer"),
        (json!({"inputs": "a", "pooling": "cls"}), 422, "pooling", "Tokenizer"),
        (json!({"input": "a"}), 422, "input", "Tokenizer"),
    ] {
        let answer = server.post("/embed", body.to_string());
        assert_eq!(answer.status, status, "{body}: {answer:?}");
        let answer = answer.json();
        assert!(answer["error"].as_str().unwrap().contains(said), "{body}: {answer}");
        assert_eq!(answer["error_type"], of_type, "{body}");
    }
    server.post("/embed", json!({"inputs": long, "truncate": true}).to_string()).ok();
}
