//! Qdrant, against a server that the caller runs: `ESS_QDRANT_URL` names its gRPC address.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use ess_core::{Embeddings, Index, MutableIndex, RowSet, SearchParams};
use ess_engines::{EngineIndex, EngineSettings, Qdrant, QdrantConfig};
use ess_testing::index::{self, Promise};

fn settings() -> EngineSettings {
    EngineSettings { batch: 200, timeout: 20.0, retries: 2, pause: 0.1, ..EngineSettings::default() }
}

/// An empty collection of this name.
fn fresh(name: &str, dim: usize) -> EngineIndex<Qdrant> {
    let url = std::env::var("ESS_QDRANT_URL").expect("ESS_QDRANT_URL names a server");
    let config = QdrantConfig { exact: true, ..QdrantConfig::new(url, name.parse().unwrap(), dim) };
    Qdrant::open(config.clone(), &settings()).and_then(Qdrant::drop_collection).unwrap();
    EngineIndex::new(Qdrant::open(config, &settings()).unwrap(), settings()).unwrap()
}

#[test]
fn a_collection_conforms() {
    let build = |items: Embeddings| {
        let mut index = fresh("ess_conformance", items.dim());
        index.add(&items).unwrap();
        index
    };
    index::conforms(build, &Promise { recall: 0.99, similarity: 1e-5, batch: 1e-5, largest: 1e15 });
}

#[test]
fn filters_and_removals() {
    let items = Embeddings::from_vec((0..400).map(|i| (i as f32 * 0.37).sin()).collect(), 8).unwrap();
    let mut index = fresh("ess_filters", 8);
    index.add(&items).unwrap();
    index.remove(&[3, 49]).unwrap();
    assert_eq!((index.len(), index.rows()), (48, 50));
    let few = RowSet::from_rows(50, [2, 3, 7]).unwrap();
    let found = index.search_with(&items, 48, &SearchParams::from(&few)).unwrap();
    assert!(found.iter().all(|hits| hits.len() == 2 && hits.iter().all(|hit| [2, 7].contains(&hit.item))));
}

#[test]
fn a_server_that_is_not_there_is_said() {
    let config = QdrantConfig::new("http://127.0.0.1:1", "x".parse().unwrap(), 4);
    let once = EngineSettings { retries: 0, timeout: 2.0, ..settings() };
    let error = Qdrant::open(config, &once).map(drop).unwrap_err();
    assert!(error.is_transient(), "{error:?}");
}
