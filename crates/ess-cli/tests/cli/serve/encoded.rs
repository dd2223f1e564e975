//! What the encoder over HTTP and `encode --http` make of a served model.

use ess_core::{ItemEncoder, QueryEncoder};
use ess_data::EmbeddingStore;
use ess_encoders::{HttpConfig, HttpEncoder, HttpLimits, SentenceEncoder};

use super::{Served, difference, prompted_model};
use crate::{
    encode::{Beir, tiny_model},
    program::run,
};

#[test]
fn by_both_protocols_the_vectors_are_those_of_the_model() {
    let server = Served::start(&["--prompt", "document"]);
    let encoder = SentenceEncoder::load(tiny_model()).unwrap();
    let long = "the cat sat on the mat ".repeat(500);
    let texts = ["the cat", "what reduces risk?", "", "stocks \u{1f600} fell", &long, "a\u{0}b", "the cat"];
    let expected = encoder.encode_items(&texts).unwrap();
    for (api, normalize) in [("openai", None), ("tei", Some(false))] {
        let limits = HttpLimits { batch_texts: 3, ..HttpLimits::default() };
        let config =
            HttpConfig { normalize, limits, ..HttpConfig::new(server.url().parse().unwrap(), api, "bert") };
        let http = HttpEncoder::connect(config).unwrap();
        let found = http.encode_items(&texts).unwrap();
        assert!(difference(found.rows(), &expected) <= 1e-6, "{api}");
        assert_eq!(QueryEncoder::dim(&http), encoder.dim());
        // Fewer components, of unit norm, by the server or here.
        let cut = HttpConfig { dimensions: Some(5), ..http.config().clone() };
        let found = HttpEncoder::connect(cut).unwrap().encode_items(&texts).unwrap();
        let first = expected.rows().flat_map(|row| row[..5].to_vec()).collect();
        let first = ess_core::Embeddings::from_vec(first, 5).unwrap().normalized();
        assert!(difference(found.rows(), &first) <= 1e-6, "{api}");
    }
}

#[test]
fn the_models_prompts_are_put_before_texts_as_asked() {
    let folder = tempfile::tempdir().unwrap();
    let model = prompted_model(&folder.path().join("prompted"));
    let encoder = SentenceEncoder::load(&model).unwrap();
    let (queries, items) =
        (encoder.encode_queries(&["risk"]).unwrap(), encoder.encode_items(&["risk"]).unwrap());
    let plain = encoder.encode_behind("", &["risk"]).unwrap();
    assert!(difference(queries.rows(), &plain) > 1e-3 && difference(items.rows(), &queries) > 1e-3);
    for (flag, expected) in [("query", &queries), ("document", &items), ("none", &plain)] {
        let server = Served::of(&model, &["--prompt", flag]);
        let config = HttpConfig::new(server.url().parse().unwrap(), "openai", "prompted");
        let found = HttpEncoder::connect(config).unwrap().encode_items(&["risk"]).unwrap();
        assert!(difference(found.rows(), expected) <= 1e-6, "{flag}");
        for (name, expected) in [("query", &queries), ("document", &items), ("none", &plain)] {
            let body = serde_json::json!({"inputs": "risk", "prompt_name": name, "normalize": false});
            let rows: Vec<Vec<f32>> =
                serde_json::from_value(server.post("/embed", body.to_string()).ok()).unwrap();
            assert!(difference(rows.iter().map(Vec::as_slice), expected) <= 1e-6, "{name}");
        }
    }
}

#[test]
fn a_folder_of_texts_is_encoded_like_by_the_model_itself_and_goes_on_where_it_was() {
    let (local, hosted) = (Beir::new(40, 60), Beir::new(40, 60));
    local.encode(&["--dtype", "f32"]).succeeded();
    let server = Served::start(&[]);
    let (url, cache) = (server.url(), hosted.0.path().join("cache"));
    let settings = hosted.0.path().join("http.json");
    std::fs::write(&settings, r#"{"model": "bert", "query_prompt": "what ", "item_prompt": "risk ", "limits": {"batch_texts": 7, "retries": 0}}"#).unwrap();
    let text = |path: &std::path::Path| path.to_str().unwrap().to_owned();
    let arguments = |url: &str| {
        let own =
            ["--beir", &text(hosted.0.path()), "--out", &text(&hosted.out()), "--quiet", "--dtype", "f32"];
        let http = ["--http", url, "--http-settings", &text(&settings), "--http-cache", &text(&cache)];
        own.into_iter().chain(http).map(str::to_owned).collect::<Vec<_>>()
    };
    run("encode", arguments(&url)).succeeded();
    for name in ["corpus.safetensors", "queries.safetensors"] {
        let [found, expected] =
            [&hosted, &local].map(|beir| EmbeddingStore::open(beir.out().join(name)).unwrap());
        let (rows, expected_rows) = (found.to_embeddings().unwrap(), expected.to_embeddings().unwrap());
        assert!(difference(rows.rows(), &expected_rows) <= 1e-6, "{name}");
        assert_eq!(found.ids().as_slice(), expected.ids().as_slice());
        let provenance = found.provenance();
        let encoder = provenance.encoder.clone().unwrap();
        assert!(encoder.contains("bert by openai at http://127.0.0.1"), "{encoder}");
        assert!(provenance.inputs.is_some() && provenance.similarity.as_deref() == Some("cosine"));
    }
    let first = hosted.files();
    drop(server);
    // All that it needs is in the cache, or in the files.
    std::fs::remove_file(hosted.out().join("corpus.safetensors")).unwrap();
    run("encode", arguments(&url)).succeeded();
    assert_eq!(hosted.files(), first);
    // What is not there cannot be had any more.
    std::fs::remove_file(&cache).unwrap();
    std::fs::remove_file(hosted.out().join("corpus.safetensors")).unwrap();
    run("encode", arguments(&url)).failed_with(&["no whole answer", "127.0.0.1"]);
}

#[test]
fn what_makes_no_sense_is_refused_before_anything_is_asked() {
    let beir = Beir::new(2, 5);
    let text = |path: &std::path::Path| path.to_str().unwrap().to_owned();
    let own = ["--beir", &text(beir.0.path()), "--out", &text(&beir.out())].map(str::to_owned);
    let encode = |more: &[&str]| run("encode", own.iter().map(String::as_str).chain(more.iter().copied()));
    encode(&[]).failed_with(&["--model"]);
    encode(&["--http", "http://a", "--model", "b"]).failed_with(&["cannot be used with"]);
    for (flag, value) in [
        ("--http-model", "m"),
        ("--http-api", "tei"),
        ("--http-key-env", "KEY"),
        ("--http-cache", &text(&beir.out().join("cache"))),
    ] {
        encode(&["--model", "b", flag, value]).failed_with(&[flag, "cannot be used with"]);
    }
    encode(&["--http", "http://a"]).failed_with(&["--http", "model"]);
    encode(&["--http", "http://a", "--http-api", "tei"]).failed_with(&["--http", "model"]);
    encode(&["--http", "ftp://a", "--http-model", "m"]).failed_with(&["--http", "http://"]);
    let api = ["--http", "http://a", "--http-model", "m", "--http-api", "soap"];
    encode(&api).failed_with(&["api", "openai, tei, cohere, voyage"]);
    encode(&["--http", "http://127.0.0.1:1", "--http-model", "m", "--states", "1"])
        .failed_with(&["--states"]);
    let user = ["--http", "http://me:hunter2@a", "--http-model", "m"];
    let said = encode(&user).stderr;
    assert!(said.contains("--http") && !said.contains("hunter2"), "{said}");
    let key = ["--http", "http://127.0.0.1:1", "--http-model", "m", "--http-key-env", "ESS_NO_SUCH_KEY"];
    encode(&key).failed_with(&["ESS_NO_SUCH_KEY", "not set"]);
}
