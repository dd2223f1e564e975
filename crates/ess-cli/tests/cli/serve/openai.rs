//! OpenAI's protocol, as its clients speak it.

use ess_core::Embeddings;
use ess_encoders::SentenceEncoder;
use serde_json::{Value, json};

use super::{Served, difference};
use crate::encode::tiny_model;

fn expected(texts: &[&str]) -> Embeddings {
    SentenceEncoder::load(tiny_model()).unwrap().encode_behind("", texts).unwrap()
}

/// The vectors of an answer, whose numbers stand in order.
fn vectors(answer: &Value) -> Vec<Vec<f32>> {
    let data = answer["data"].as_array().unwrap();
    assert!(
        data.iter().enumerate().all(|(at, entry)| entry["index"] == at && entry["object"] == "embedding")
    );
    data.iter().map(|entry| serde_json::from_value(entry["embedding"].clone()).unwrap()).collect()
}

#[test]
fn texts_and_lists_come_as_numbers_and_as_base64() {
    let server = Served::start(&[]);
    let post = |body: Value| server.post("/v1/embeddings", body.to_string());
    let one = post(json!({"model": "bert", "input": "the cat"})).ok();
    assert!(difference(vectors(&one).iter().map(Vec::as_slice), &expected(&["the cat"])) <= 1e-6);
    assert_eq!((&one["object"], &one["model"]), (&json!("list"), &json!("bert")));

    let texts = ["the cat", "", "what reduces risk?"];
    let many = post(json!({"model": "bert", "input": texts, "encoding_format": "float", "user": "me"})).ok();
    assert!(difference(vectors(&many).iter().map(Vec::as_slice), &expected(&texts)) <= 1e-6);
    let counts = SentenceEncoder::load(tiny_model()).unwrap().token_counter().unwrap().count(&texts).unwrap();
    let tokens: usize = counts.iter().sum();
    assert!(counts[0] > 2, "{counts:?}");
    assert_eq!(many["usage"], json!({"prompt_tokens": tokens, "total_tokens": tokens}));

    use base64::{Engine, engine::general_purpose::STANDARD};
    let packed = post(json!({"model": "bert", "input": texts, "encoding_format": "base64"})).ok();
    let unpacked = packed["data"].as_array().unwrap().iter().map(|entry| {
        let bytes = STANDARD.decode(entry["embedding"].as_str().unwrap()).unwrap();
        bytes.chunks(4).map(|four| f32::from_le_bytes(four.try_into().unwrap())).collect::<Vec<f32>>()
    });
    assert_eq!(unpacked.collect::<Vec<_>>(), vectors(&many));

    let cut = post(json!({"model": "bert", "input": texts, "dimensions": 7})).ok();
    let first = expected(&texts).rows().flat_map(|row| row[..7].to_vec()).collect();
    let first = Embeddings::from_vec(first, 7).unwrap().normalized();
    assert!(difference(vectors(&cut).iter().map(Vec::as_slice), &first) <= 1e-6);
}

/// Each body is refused with a status, by a message that has a word, and with the field that it is about.
fn assert_refused<const N: usize>(server: &Served, cases: [(Vec<u8>, u16, &str, Value); N]) {
    for (body, status, said, field) in cases {
        let answer = server.post("/v1/embeddings", &body);
        let shown = String::from_utf8_lossy(&body).into_owned();
        assert_eq!(answer.status, status, "{shown}: {answer:?}");
        let error = &answer.json()["error"];
        assert!(error["message"].as_str().unwrap().contains(said), "{shown}: {error}");
        assert_eq!((&error["type"], &error["param"]), (&json!("invalid_request_error"), &field), "{shown}");
    }
    // It still serves.
    server.post("/v1/embeddings", json!({"model": "bert", "input": "a"}).to_string()).ok();
}

#[test]
fn wrong_input_is_refused_in_the_protocols_words() {
    let server = Served::start(&["--max-texts", "3"]);
    let case = |input: Value, status: u16, said: &'static str| {
        let body = json!({"model": "bert", "input": input}).to_string();
        (body.into_bytes(), status, said, json!("input"))
    };
    let cases = [
        case(json!([1, 2, 3]), 400, "token ids"),
        case(json!([[1, 2], [3]]), 400, "token ids"),
        case(json!({"a": 1}), 400, "list of texts"),
        case(json!(["a", 1]), 400, "expected a text"),
        case(json!([]), 400, "at least one"),
        case(json!(["a", "b", "c", "d"]), 413, "at most 3"),
    ];
    assert_refused(&server, cases);
}

#[test]
fn wrong_settings_are_refused_in_the_protocols_words() {
    let case = |body: Value, status: u16, said: &'static str, field: Value| {
        (body.to_string().into_bytes(), status, said, field)
    };
    let cases = [
        case(json!({"model": "bert", "input": "a", "dimensions": 0}), 400, "1 to", json!("dimensions")),
        case(json!({"model": "bert", "input": "a", "dimensions": 9999}), 400, "1 to", json!("dimensions")),
        case(json!({"model": "bert", "input": "a", "dimensions": -1}), 400, "-1", Value::Null),
        case(json!({"model": "other", "input": "a"}), 404, "\"bert\"", json!("model")),
        case(json!({"model": "bert", "input": "a", "encoding_format": "int8"}), 400, "int8", Value::Null),
        case(json!({"model": "bert", "input": "a", "pooling": "cls"}), 400, "pooling", Value::Null),
        case(json!({"input": "a"}), 400, "model", Value::Null),
    ];
    assert_refused(&Served::start(&[]), cases);
}

#[test]
fn what_is_no_json_is_refused_in_the_protocols_words() {
    let lone = r#"{"model": "bert", "input": ["\ud800"]}"#;
    let cases = [
        (lone.into(), 400, "hex escape", Value::Null),
        (b"{\"model\": \"bert\", \"input\": \"\xff\"}".to_vec(), 400, "", Value::Null),
        (b"not json".to_vec(), 400, "expected", Value::Null),
        (b"".to_vec(), 400, "EOF", Value::Null),
    ];
    assert_refused(&Served::start(&[]), cases);
}

#[test]
fn it_says_what_it_serves() {
    let server = Served::start(&[]);
    assert_eq!(server.get("/health").status, 200);
    assert_eq!(server.get("/v1/models").ok()["data"][0]["id"], "bert");
    let info = server.get("/info").ok();
    assert_eq!(
        (&info["model_id"], &info["model_type"]["embedding"]["pooling"]),
        (&json!("bert"), &json!("mean"))
    );
    assert!(info["max_input_length"].as_u64().unwrap() > 4);
    for path in ["/health", "/info", "/v1/models"] {
        let head = server.asked("HEAD", path);
        assert_eq!((head.status, &head.body[..]), (200, &b""[..]), "{path}");
    }
    assert_eq!(server.asked("HEAD", "/embed").status, 405);
    assert_eq!(server.get("/v1/embeddings").status, 405);
    assert_eq!(server.post("/health", "").status, 405);
    let nowhere = server.get("/v2/embed");
    assert_eq!(nowhere.status, 404);
    assert!(nowhere.json()["error"]["message"].as_str().unwrap().contains("/v1/embeddings"));
}
