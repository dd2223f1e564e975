//! The shapes of requests and answers.

use ess_core::{ItemEncoder, QueryEncoder};
use ess_encoders::{
    EmbeddingApi, EmbeddingRequest, Error, HttpConfig, HttpEncoder, embedding_apis, register_embedding_api,
};
use serde_json::{Value, json};

use crate::server::{Asked, DIM, Server, ok, openai, vector};

fn rows(asked: &Asked) -> Vec<Vec<f32>> {
    asked.texts().iter().map(|text| vector(text)).collect()
}

/// What each side asks for, without the texts.
fn asked_by(api: &'static str, answer: fn(&Asked) -> Value) -> [(String, Value); 2] {
    let server = Server::start(move |_, asked| ok(&answer(asked)));
    let encoder = HttpEncoder::connect(HttpConfig { api: api.into(), ..server.config() }).unwrap();
    server.asked();
    assert_eq!(encoder.encode_queries(&["a", "b"]).unwrap().row(1), vector("b"), "{api}");
    assert_eq!(encoder.encode_items(&["c", "d"]).unwrap().row(0), vector("c"), "{api}");
    let asked = server.asked();
    assert_eq!(asked.iter().flat_map(Asked::texts).collect::<Vec<_>>(), ["a", "b", "c", "d"]);
    [&asked[0], &asked[1]].map(|asked| {
        let mut body = asked.body.clone();
        ["input", "inputs", "texts"]
            .iter()
            .for_each(|name| drop(body.as_object_mut().unwrap().remove(*name)));
        (asked.path.clone(), body)
    })
}

#[test]
fn of_openai() {
    let body = json!({"model": "m", "encoding_format": "float", "dimensions": DIM});
    let both = || ("/v1/embeddings".to_owned(), body.clone());
    assert_eq!(asked_by("openai", openai), [both(), both()]);
    let base64 = |asked: &Asked| {
        use base64::{Engine, engine::general_purpose::STANDARD};
        let mut answer = openai(asked);
        for entry in answer["data"].as_array_mut().unwrap() {
            let vector: Vec<f32> = serde_json::from_value(entry["embedding"].take()).unwrap();
            let bytes: Vec<u8> = vector.iter().flat_map(|component| component.to_le_bytes()).collect();
            entry["embedding"] = STANDARD.encode(bytes).into();
        }
        answer
    };
    assert_eq!(asked_by("openai", base64), [both(), both()]);
}

#[test]
fn of_tei() {
    let server = Server::start(|_, asked| ok(&json!(rows(asked))));
    let config = HttpConfig {
        api: "tei".into(),
        dimensions: None,
        normalize: Some(false),
        truncate: false,
        ..server.config()
    };
    let encoder = HttpEncoder::connect(config).unwrap();
    server.asked();
    assert_eq!(encoder.encode_queries(&["a"]).unwrap().row(0), vector("a"));
    let asked = server.asked();
    assert_eq!(asked[0].path, "/embed");
    assert_eq!(asked[0].body, json!({"inputs": ["a"], "truncate": false, "normalize": false}));
}

#[test]
fn of_cohere() {
    let body = |input_type: &str| json!({"model": "m", "input_type": input_type, "embedding_types": ["float"], "truncate": "END", "output_dimension": DIM});
    let sides = ["search_query", "search_document"].map(|side| ("/v2/embed".to_owned(), body(side)));
    assert_eq!(asked_by("cohere", |asked| json!({"id": "x", "embeddings": {"float": rows(asked)}})), sides);
    assert_eq!(asked_by("cohere", |asked| json!({"embeddings": rows(asked)})), sides);
}

#[test]
fn of_voyage() {
    let body = |input_type: &str| json!({"model": "m", "input_type": input_type, "truncation": true, "output_dimension": DIM});
    let sides = ["query", "document"].map(|side| ("/v1/embeddings".to_owned(), body(side)));
    assert_eq!(asked_by("voyage", openai), sides);
}

/// `{"sentences": […]}` in, `{"vectors": […]}` out.
struct OfOnesOwn(&'static str);

impl EmbeddingApi for OfOnesOwn {
    fn name(&self) -> &'static str {
        self.0
    }

    fn path(&self) -> &'static str {
        "/encode"
    }

    fn body(&self, request: &EmbeddingRequest<'_>) -> Value {
        json!({"texts": request.texts, "of": format!("{:?}", request.role)})
    }

    fn vectors(&self, answer: &[u8]) -> Result<Vec<Vec<f32>>, String> {
        let answer: Value = serde_json::from_slice(answer).map_err(|error| error.to_string())?;
        serde_json::from_value(answer["vectors"].clone()).map_err(|error| error.to_string())
    }
}

#[test]
fn of_ones_own_is_called_by_name_and_checked_as_ours_are() {
    let config = |server: &Server| HttpConfig { api: "mine".into(), dimensions: None, ..server.config() };
    let good = Server::start(|_, asked| ok(&json!({"vectors": rows(asked)})));
    let unknown = HttpEncoder::connect(config(&good)).map(drop).unwrap_err();
    assert!(unknown.to_string().contains("openai, tei, cohere, voyage"), "{unknown}");
    register_embedding_api(OfOnesOwn("mine")).unwrap();
    assert!(embedding_apis().contains(&"mine"));
    for taken in ["tei", "", "Mine", "a b"] {
        assert!(register_embedding_api(OfOnesOwn(taken)).is_err(), "{taken}");
    }
    let encoder = HttpEncoder::connect(config(&good)).unwrap();
    assert_eq!(encoder.encode_items(&["a", "b"]).unwrap().row(1), vector("b"));
    let wrong = Server::start(|_, _| ok(&json!({"vectors": [[1.0, 2.0], [3.0, 4.0]]})));
    assert!(matches!(HttpEncoder::connect(config(&wrong)).map(drop), Err(Error::HttpAnswer { .. })));
}
