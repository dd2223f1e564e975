//! Milvus, against Milvus Lite over gRPC.
//!
//! `ESS_MILVUS_LITE` names the program `milvus-lite`; `tests/servers.sh` installs it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod server;

use std::{
    process::Command,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use ess_core::{Embeddings, Error as CoreError, Index, MutableIndex, RowSet, SearchParams};
use ess_engines::{EngineIndex, EngineSettings, Error, Milvus, MilvusConfig};
use ess_testing::index::{self, Promise};
use server::{Restarts, Server, a_restart_loses_and_doubles_nothing, free_port, items};

struct MilvusLite {
    data: tempfile::TempDir,
    port: u16,
    server: Option<Server>,
    collections: AtomicUsize,
}

impl MilvusLite {
    fn start() -> Self {
        let (data, port) = (tempfile::tempdir().unwrap(), free_port());
        let mut milvus = Self { data, port, server: None, collections: AtomicUsize::new(0) };
        milvus.restart();
        milvus
    }

    fn index(&self, items: Embeddings) -> EngineIndex<Milvus> {
        let mut index = open(self.config(items.dim())).unwrap();
        index.add(&items).unwrap();
        index
    }
}

impl Restarts for MilvusLite {
    type Engine = Milvus;
    type Config = MilvusConfig;

    fn kill(&mut self) {
        self.server = None;
    }

    fn restart(&mut self) {
        self.kill();
        let program = std::env::var_os("ESS_MILVUS_LITE").expect("ESS_MILVUS_LITE names a program");
        let mut command = Command::new(program);
        command.args(["server", "--host", "127.0.0.1", "--port", &self.port.to_string(), "--data-dir"]);
        self.server = Some(Server::start(command.arg(self.data.path()), self.port));
    }

    fn config(&self, dim: usize) -> Self::Config {
        let collection = format!("items_{}", self.collections.fetch_add(1, Ordering::SeqCst));
        MilvusConfig::new(format!("http://127.0.0.1:{}", self.port), collection.parse().unwrap(), dim)
    }

    fn open(&self, config: &Self::Config) -> Result<EngineIndex<Milvus>, Error> {
        open(config.clone())
    }
}

fn settings() -> EngineSettings {
    EngineSettings { batch: 200, timeout: 20.0, retries: 5, pause: 0.1, ..EngineSettings::default() }
}

fn open(config: MilvusConfig) -> Result<EngineIndex<Milvus>, Error> {
    EngineIndex::new(Milvus::open(config, &settings())?, settings())
}

#[test]
fn a_collection_conforms() {
    let milvus = MilvusLite::start();
    // Milvus does not say how it breaks ties, so it promises a little less than all.
    let promise = Promise { recall: 0.99, similarity: 1e-5, batch: 1e-5, largest: 1e15 };
    index::conforms(|items| milvus.index(items), &promise);
}

#[test]
fn filters_removals_and_reopening() {
    let milvus = MilvusLite::start();
    let config = milvus.config(8);
    let mut index = open(config.clone()).unwrap();
    index.add(&items(50)).unwrap();
    index.remove(&[3, 49]).unwrap();
    assert_eq!((index.len(), index.rows()), (48, 50));
    let rows: Vec<usize> = vec![2, 3, 7];
    let few = RowSet::from_rows(50, rows).unwrap();
    let many = RowSet::from_predicate(50, |row| row != 7);
    for (set, left) in [(&few, vec![2, 7]), (&many, (0..49).filter(|&row| row != 3 && row != 7).collect())] {
        let found = index.search_with(&items(1), 48, &SearchParams::from(set)).unwrap();
        let mut found: Vec<usize> = found[0].iter().map(|hit| hit.item).collect();
        found.sort_unstable();
        assert_eq!(found, left);
    }
    let reopened = open(config.clone()).unwrap();
    assert_eq!((reopened.len(), reopened.rows()), (48, 49));
    assert!(matches!(open(MilvusConfig { dim: 9, ..config }), Err(Error::Collection { .. })));
}

#[test]
fn clones_and_indexes_of_one_process_lose_nothing() {
    let milvus = MilvusLite::start();
    for own in [false, true] {
        let config = milvus.config(8);
        let index = open(config.clone()).unwrap();
        let rows: Vec<usize> = std::thread::scope(|scope| {
            let adding = (0..4).map(|_| {
                let mut index = if own { open(config.clone()).unwrap() } else { index.clone() };
                scope.spawn(move || (0..10).flat_map(|_| index.add(&items(2)).unwrap()).collect::<Vec<_>>())
            });
            let adding: Vec<_> = adding.collect();
            adding.into_iter().flat_map(|adding| adding.join().unwrap()).collect()
        });
        let distinct: std::collections::BTreeSet<usize> = rows.iter().copied().collect();
        index.refresh().unwrap();
        assert_eq!((distinct.len(), index.len(), index.rows()), (80, 80, 80), "own: {own}");
    }
}

#[test]
fn a_restart_in_the_middle_loses_and_doubles_nothing() {
    a_restart_loses_and_doubles_nothing(&mut MilvusLite::start(), 1200, Duration::from_millis(60));
}

#[test]
fn what_is_wrong_is_said() {
    let config = MilvusConfig::new("http://127.0.0.1:1", "x".parse().unwrap(), 4);
    let once = EngineSettings { retries: 0, timeout: 2.0, ..settings() };
    assert!(matches!(
        Milvus::open(config.clone(), &once),
        Err(Error::Unreachable { .. } | Error::Timeout { .. })
    ));
    let nowhere = MilvusConfig { uri: "localhost:19530".into(), ..config.clone() };
    assert!(matches!(Milvus::open(nowhere, &once), Err(Error::Config { name: "uri", .. })));
    assert!(matches!(
        Milvus::open(MilvusConfig { dim: 0, ..config }, &once),
        Err(Error::Config { name: "dim", .. })
    ));
    let milvus = MilvusLite::start();
    let index = milvus.index(items(3));
    assert!(matches!(index.search(&items(1), 0), Err(CoreError::KOutOfRange { k: 0, len: 3 })));
}
