//! Qdrant. No package brings a server of it, so what needs one is left out unless asked for:
//! `ESS_QDRANT_URL=http://localhost:6334 cargo test -p ess-engines --features qdrant --test qdrant -- --ignored`

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use ess_core::{Embeddings, Index, MutableIndex, RowSet, SearchParams};
use ess_engines::{EngineIndex, EngineSettings, Error, Qdrant, QdrantConfig};
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
#[ignore = "needs a server, which ESS_QDRANT_URL names"]
fn a_collection_conforms() {
    let build = |items: Embeddings| {
        let mut index = fresh("ess_conformance", items.dim());
        index.add(&items).unwrap();
        index
    };
    index::conforms(build, &Promise { recall: 0.99, similarity: 1e-5, batch: 1e-5, largest: 1e15 });
}

#[test]
#[ignore = "needs a server, which ESS_QDRANT_URL names"]
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

#[test]
fn a_server_that_never_answers_is_said() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let config = QdrantConfig::new(url, "x".parse().unwrap(), 4);
    let once = EngineSettings { retries: 0, timeout: 0.5, ..settings() };
    let error = Qdrant::open(config, &once).map(drop).unwrap_err();
    assert!(error.is_transient(), "{error:?}");
}

#[test]
fn configs_out_of_range_are_refused() {
    let config = QdrantConfig::new("http://127.0.0.1:1", "x".parse().unwrap(), 4);
    let open = |config| Qdrant::open(config, &settings()).map(drop);
    let flat = QdrantConfig { dim: 0, ..config.clone() };
    assert!(matches!(open(flat), Err(Error::Config { name: "dim", .. })));
    let nowhere = QdrantConfig { url: "not an address".into(), ..config };
    assert!(matches!(open(nowhere), Err(Error::Config { name: "url", .. })));
}
