//! The cache, as an encoder uses it.

use ess_core::ItemEncoder;
use ess_encoders::{Error, HttpConfig, HttpEncoder, HttpLimits};

use crate::server::{Asked, Server, ok, openai, status, vector};

#[test]
fn another_model_behind_the_same_address_is_not_answered_from_the_cache() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(|_, asked| ok(&asked.texts().iter().map(|text| vector(text)).collect()));
    for model in ["first", "second"] {
        let cache = Some(folder.path().join("cache"));
        let config =
            HttpConfig { cache, model: model.into(), api: "tei".into(), dimensions: None, ..server.config() };
        for _ in 0..2 {
            HttpEncoder::connect(config.clone()).unwrap().encode_items(&["a text"]).unwrap();
        }
        let sent: Vec<_> = server.asked().iter().flat_map(Asked::texts).collect();
        assert_eq!(sent, ["dimension", "a text"], "{model}");
    }
}

#[test]
fn no_text_is_sent_twice_also_after_a_failure_and_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cache");
    let server = Server::start(|number, asked| match number {
        2 => status(400, "no"),
        _ => ok(&openai(asked)),
    });
    let limits = HttpLimits { batch_texts: 2, ..server.config().limits };
    let config = HttpConfig { cache: Some(path.clone()), limits, ..server.config() };
    let texts: Vec<String> = (0..10).map(|i| format!("text {i}")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let encoder = HttpEncoder::connect(config.clone()).unwrap();
    encoder.encode_items(&texts).unwrap_err();
    let busy = HttpEncoder::connect(config.clone()).map(drop).unwrap_err();
    assert!(matches!(busy, Error::Files(ess_files::Error::Busy { .. })), "{busy:?}");
    drop(encoder);
    // What a killed process leaves of the last record.
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() - 5]).unwrap();
    server.asked();

    let encoder = HttpEncoder::connect(config.clone()).unwrap();
    let vectors = encoder.encode_items(&texts).unwrap();
    assert!(texts.iter().zip(vectors.rows()).all(|(text, row)| row == vector(text)));
    let sent: Vec<_> = server.asked().iter().flat_map(Asked::texts).collect();
    assert_eq!(sent, texts[3..]);
    assert_eq!(encoder.encode_items(&texts).unwrap(), vectors);
    drop(encoder);

    // Nobody need be there any more.
    let alone = HttpConfig { dimensions: Some(4), ..config };
    assert_eq!(HttpEncoder::connect(alone).unwrap().encode_items(&texts).unwrap(), vectors);
    assert!(server.asked().is_empty());
}
