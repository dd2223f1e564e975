#![no_main]
//! Files of word vectors, as GloVe, word2vec and fastText write them, and the encoders of them.

use ess_core::ItemEncoder;
use ess_encoders::{StaticEncoder, WordVectors, WordsConfig};
use ess_fuzz::{Folder, golden, keep_seeds, let_panics_be_caught, uncaught};
use libfuzzer_sys::fuzz_target;

fn seeds() -> impl Iterator<Item = (String, Vec<u8>)> {
    ["glove.txt", "word2vec.txt", "word2vec.bin", "fasttext.vec", "fasttext.bin"].into_iter().map(|name| {
        (name.to_owned(), std::fs::read(golden("words").join(name)).expect("a file of word vectors"))
    })
}

fuzz_target!(init: { let_panics_be_caught(); keep_seeds("words_file", seeds()) }, |bytes: &[u8]| {
    let folder = Folder::new();
    let path = folder.file("words", bytes);
    uncaught(|| {
        if let Ok(words) = WordVectors::open(&path) {
            let config = WordsConfig { sif: Some(1e-3), ..WordsConfig::default() };
            let encoder = StaticEncoder::from_words(words, &config, &[]).expect("an encoder of words");
            let _ = encoder.encode_items(&["the cat"]);
        }
    });
});
