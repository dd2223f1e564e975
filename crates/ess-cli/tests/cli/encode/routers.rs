//! `encode` with a model that has an encoder for queries and one for items: each side is encoded by its own.

use std::path::Path;

use ess_core::{Embeddings, ItemEncoder, QueryEncoder};
use ess_data::EmbeddingStore;
use ess_encoders::TwoTowerEncoder;

use super::{Beir, tiny_model};
use crate::program::run;

fn difference(found: &Path, expected: &Embeddings) -> f32 {
    let found = EmbeddingStore::open(found).unwrap().to_embeddings().unwrap();
    assert_eq!((found.len(), found.dim()), (expected.len(), expected.dim()));
    found.as_slice().iter().zip(expected.as_slice()).map(|(f, e)| (f - e).abs()).fold(0.0, f32::max)
}

#[test]
fn queries_and_items_are_encoded_by_their_own_sides() {
    for name in ["mapped", "heads", "queries-only", "asym", "static-queries", "static-alone"] {
        let model = tiny_model().join("../../routers").join(name);
        let beir = Beir::new(9, 30);
        run("encode", beir.arguments_for(&model, &["--dtype", "f32", "--part", "4"])).succeeded();
        let encoder = TwoTowerEncoder::load(&model).unwrap();
        let queries: Vec<_> = (0..9).map(|i| format!("risk {i}")).collect();
        let items: Vec<_> = (0..9).map(|i| "the quick brown fox ".repeat(i * 7 % 30)).collect();
        let queries =
            encoder.encode_queries(&queries.iter().map(String::as_str).collect::<Vec<_>>()).unwrap();
        let items = encoder.encode_items(&items.iter().map(|text| text.trim()).collect::<Vec<_>>()).unwrap();
        let far = [("queries", &queries), ("corpus", &items)].map(|(file, expected)| {
            difference(&beir.out().join(file).with_extension("safetensors"), expected)
        });
        assert!(far.iter().all(|far| *far < 1e-5), "{name}: {far:?}");
        run("encode", beir.arguments_for(&model, &["--layers", "0"])).failed_with(&["--layers", "found two"]);
    }
}
