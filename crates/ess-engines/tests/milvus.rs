//! Milvus, against Milvus Lite over gRPC.
//!
//! `ESS_MILVUS_LITE` names the program `milvus-lite`; `tests/servers.sh` installs it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod server;

use std::{
    process::Command,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Duration,
};

use ess_core::{Embeddings, Error as CoreError, Index, MutableIndex, RowSet, SearchParams};
use ess_engines::{EngineIndex, EngineSettings, Error, Milvus, MilvusConfig};
use ess_testing::index::{self, Promise};
use server::{Server, free_port};

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

    fn restart(&mut self) {
        self.server = None;
        let program = std::env::var_os("ESS_MILVUS_LITE").expect("ESS_MILVUS_LITE names a program");
        let mut command = Command::new(program);
        command.args(["server", "--host", "127.0.0.1", "--port", &self.port.to_string(), "--data-dir"]);
        self.server = Some(Server::start(command.arg(self.data.path()), self.port));
    }

    fn config(&self, dim: usize) -> MilvusConfig {
        let collection = format!("items_{}", self.collections.fetch_add(1, Ordering::SeqCst));
        MilvusConfig::new(format!("http://127.0.0.1:{}", self.port), collection.parse().unwrap(), dim)
    }

    fn index(&self, items: Embeddings) -> EngineIndex<Milvus> {
        let mut index = open(self.config(items.dim())).unwrap();
        index.add(&items).unwrap();
        index
    }
}

fn settings() -> EngineSettings {
    EngineSettings { batch: 200, timeout: 20.0, retries: 5, pause: 0.1, ..EngineSettings::default() }
}

fn open(config: MilvusConfig) -> Result<EngineIndex<Milvus>, Error> {
    EngineIndex::new(Milvus::open(config, &settings())?, settings())
}

fn items(n: usize) -> Embeddings {
    Embeddings::from_vec((0..8 * n).map(|i| (i as f32 * 0.37).sin()).collect(), 8).unwrap()
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
fn a_restart_in_the_middle_loses_and_doubles_nothing() {
    let mut milvus = MilvusLite::start();
    let (all, config) = (items(1200), milvus.config(8));
    let index = open(config.clone()).unwrap();
    index.store(0, &all.select(&(0..600).collect::<Vec<_>>()).unwrap()).unwrap();
    milvus.server = None;
    let stopped = EngineSettings { retries: 0, timeout: 2.0, ..settings() };
    assert!(matches!(Milvus::open(config.clone(), &stopped), Err(error) if error.is_transient()));
    let Err(Error::Interrupted { stored_until: 0, source, .. }) = index.store(0, &all) else {
        panic!("a server that is down was written to");
    };
    assert!(source.is_transient(), "{source}");
    milvus.restart();
    let (writer, whole) = (index.clone(), all.clone());
    let writing = thread::spawn(move || {
        let mut from = 0;
        for attempt in 0.. {
            let rest: Vec<usize> = (from..whole.len()).collect();
            match writer.store(from, &whole.select(&rest).unwrap()) {
                Ok(()) => break,
                Err(Error::Interrupted { stored_until, .. }) if attempt < 50 => from = stored_until,
                Err(error) => panic!("{error:?}"),
            }
        }
    });
    thread::sleep(Duration::from_millis(60));
    milvus.restart();
    writing.join().unwrap();
    let reopened = open(config).unwrap();
    assert_eq!((reopened.len(), reopened.rows()), (1200, 1200));
    let found = reopened.search(&items(3), 20).unwrap();
    assert_eq!(found, milvus.index(all).search(&items(3), 20).unwrap());
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
    assert!(matches!(index.search(&items(1), 4), Err(CoreError::KOutOfRange { k: 4, len: 3 })));
}
