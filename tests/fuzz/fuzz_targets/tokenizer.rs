#![no_main]
//! A model's tokenizer.json and, after a zero byte, a text that it cuts, in tiny models whose other files are right.

use std::path::{Path, PathBuf};

use ess_core::QueryEncoder;
use ess_encoders::SentenceEncoder;
use ess_fuzz::{Folder, keep_seeds, let_panics_be_caught, parts, uncaught, with_text};
use libfuzzer_sys::fuzz_target;

fn model(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../crates/ess-encoders/tests/golden/tiny").join(name)
}

fn seeds() -> impl Iterator<Item = (String, Vec<u8>)> {
    ["bert", "roberta", "xlm-roberta", "mpnet"].into_iter().map(|name| {
        let tokenizer = std::fs::read(model(name).join("tokenizer.json")).expect("a tiny model's tokenizer");
        (name.to_owned(), with_text(&tokenizer, b"The cat [MASK] sat, it cost \xe2\x82\xac5."))
    })
}

fuzz_target!(init: { let_panics_be_caught(); keep_seeds("tokenizer", seeds()) }, |bytes: &[u8]| {
    let (tokenizer, text) = parts(bytes);
    let folder = Folder::new();
    for name in ["config.json", "model.safetensors", "sentence_bert_config.json", "tokenizer_config.json"] {
        folder.file(name, &std::fs::read(model("bert").join(name)).expect("a file of the tiny model"));
    }
    folder.file("tokenizer.json", tokenizer);
    uncaught(|| {
        if let Ok(encoder) = SentenceEncoder::load(folder.path()) {
            let _ = encoder.encode_queries(&[&*String::from_utf8_lossy(text)]);
        }
    });
});
