#![no_main]
//! Embedding stores, as they are and with a right checksum.

use ess_core::{Embeddings, Ids, TokenStates};
use ess_data::{Dtype, EmbeddingStore, MappedStore, Provenance, write_store, write_token_store};
use ess_fuzz::{Folder, file_of, keep_seeds, repaired_end};
use libfuzzer_sys::fuzz_target;

fn seeds() -> [(String, Vec<u8>); 2] {
    let ids = Ids::new(["a", "b", "c"].map(String::from).to_vec()).expect("ids");
    let rows = Embeddings::from_rows(&[[1.0, -2.0], [0.5, 0.25], [3.0, 0.0]]).expect("embeddings");
    let provenance = Provenance { encoder: Some("an encoder".into()), ..Provenance::default() };
    let tokens = [vec![0.5; 6], vec![0.25; 3], vec![]];
    let states = TokenStates::from_texts(rows.clone(), 3, &tokens).expect("token states");
    let plain = file_of(|path| write_store(path, &ids, &rows, Dtype::F16, &provenance).expect("a store"));
    let rich =
        file_of(|path| write_token_store(path, &ids, &states, Dtype::F32, &provenance).expect("a store"));
    [("plain".into(), plain), ("tokens".into(), rich)]
}

fuzz_target!(init: keep_seeds("store", seeds()), |bytes: &[u8]| {
    let folder = Folder::new();
    let _ = EmbeddingStore::open(folder.file("torn.safetensors", bytes));
    let path = folder.file("corpus.safetensors", &repaired_end(bytes));
    if let Ok(store) = EmbeddingStore::open(&path) {
        let all = store.to_embeddings().expect("a store that was verified");
        assert_eq!((all.len(), store.ids().len()), (store.len(), store.len()));
        if store.token_dim().is_some() {
            assert_eq!(store.to_token_states().expect("its token states").embeddings(), &all);
        }
    }
    if let Ok(store) = MappedStore::open(&path) {
        let _ = (store.verify(), store.read_ids(), store.to_embeddings(), store.to_token_states());
        for row in [0, store.len() - 1, store.len(), usize::MAX] {
            let _ = (store.id(row), store.rows(row..row.saturating_add(1)), store.select(&[row]));
        }
        let _ = (store.view_f16(), store.view_f32(), store.batches(2).map(drop).count());
    }
});
