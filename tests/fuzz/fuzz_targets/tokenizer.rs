#![no_main]
//! A model's tokenizer.json, and texts that it cuts, in a tiny model whose other files are right.

use std::path::Path;

use ess_core::QueryEncoder;
use ess_encoders::SentenceEncoder;
use ess_fuzz::Folder;
use libfuzzer_sys::fuzz_target;

const MODEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../crates/ess-encoders/tests/golden/tiny/bert");

fuzz_target!(|parts: (&[u8], &str)| {
    let (tokenizer, text) = parts;
    let folder = Folder::new();
    for name in ["config.json", "model.safetensors", "sentence_bert_config.json", "tokenizer_config.json"] {
        let bytes = std::fs::read(Path::new(MODEL).join(name)).expect("a file of the tiny model");
        folder.file(name, &bytes);
    }
    folder.file("tokenizer.json", tokenizer);
    if let Ok(encoder) = SentenceEncoder::load(folder.path()) {
        let _ = encoder.encode_queries(&[text]);
    }
});
