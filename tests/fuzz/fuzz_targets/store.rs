#![no_main]
//! Embedding stores, with their checksums and without.

use ess_data::EmbeddingStore;
use ess_fuzz::Folder;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let folder = Folder::new();
    let path = folder.file("corpus.safetensors", bytes);
    let _ = EmbeddingStore::open(&path);
    if let Ok(store) = EmbeddingStore::open_unverified(&path) {
        let _ = (store.to_embeddings(), store.id(0), store.verify());
    }
});
