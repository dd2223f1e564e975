//! Qdrant's own storage and search behind a server of the tests' that speaks its protocol: no package brings Qdrant's server.
//!
//! `ESS_QDRANT_EDGE` names the Python that has it; `tests/servers.sh` installs one. With `ESS_QDRANT_URL` what needs no
//! restart runs against the server that it names.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod server;

use std::{
    process::Command,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use ess_core::{Embeddings, Index, MutableIndex, RowSet, SearchParams};
use ess_engines::{EngineIndex, EngineSettings, Error, Qdrant, QdrantConfig};
use ess_testing::index::{self, Promise};
use qdrant_client::qdrant::{CreateCollectionBuilder, Distance, VectorParamsBuilder};
use server::{
    Restarts, Server, a_restart_loses_and_doubles_nothing, a_server_that_stops_for_a_while_mixes_nothing_up,
    add_as_told, free_port, items, processes_that_add_at_once_lose_nothing, settings,
};

struct QdrantServer {
    data: tempfile::TempDir,
    port: u16,
    server: Option<Server>,
    /// One that was there.
    other: Option<String>,
    collections: AtomicUsize,
}

impl QdrantServer {
    fn start() -> Self {
        let mut qdrant = Self::stopped();
        match std::env::var("ESS_QDRANT_URL") {
            Ok(url) => qdrant.other = Some(url),
            Err(_) => qdrant.restart(),
        }
        qdrant
    }

    fn stopped() -> Self {
        let (data, port) = (tempfile::tempdir().unwrap(), free_port());
        Self { data, port, server: None, other: None, collections: AtomicUsize::new(0) }
    }

    fn index(&self, items: Embeddings) -> EngineIndex<Qdrant> {
        let mut index = open(self.config(items.dim())).unwrap();
        index.add(&items).unwrap();
        index
    }
}

impl Restarts for QdrantServer {
    type Engine = Qdrant;
    type Config = QdrantConfig;

    fn kill(&mut self) {
        self.server = None;
    }

    fn restart(&mut self) {
        self.kill();
        let python = std::env::var_os("ESS_QDRANT_EDGE").expect("ESS_QDRANT_EDGE names a Python");
        let mut command = Command::new(python);
        command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/server/qdrant.py"));
        command.arg(self.port.to_string()).arg(self.data.path());
        self.server = Some(Server::start(&mut command, self.port));
    }

    fn config(&self, dim: usize) -> Self::Config {
        let number = self.collections.fetch_add(1, Ordering::SeqCst);
        let collection = format!("ess_{}_{}_{number}", std::process::id(), self.port);
        let url = self.other.clone().unwrap_or(format!("http://127.0.0.1:{}", self.port));
        QdrantConfig { exact: true, ..QdrantConfig::new(url, collection.parse().unwrap(), dim) }
    }

    fn signal(&self, name: &str) {
        self.server.as_ref().unwrap().signal(name);
    }

    fn open_with(
        &self,
        config: &Self::Config,
        settings: &EngineSettings,
    ) -> Result<EngineIndex<Qdrant>, Error> {
        EngineIndex::new(Qdrant::open(config.clone(), settings)?, settings.clone())
    }
}

fn open(config: QdrantConfig) -> Result<EngineIndex<Qdrant>, Error> {
    EngineIndex::new(Qdrant::open(config, &settings())?, settings())
}

#[test]
fn a_collection_conforms() {
    let qdrant = QdrantServer::start();
    // Qdrant does not say how it breaks ties, so it promises a little less than all.
    let promise = Promise { recall: 0.99, similarity: 1e-5, batch: 1e-5, largest: 1e15 };
    index::conforms(|items| qdrant.index(items), &promise);
}

#[test]
fn filters_removals_and_reopening() {
    let qdrant = QdrantServer::start();
    let config = qdrant.config(8);
    let mut index = open(config.clone()).unwrap();
    index.add(&items(50)).unwrap();
    index.remove(&[3, 49]).unwrap();
    assert_eq!((index.len(), index.rows()), (48, 50));
    let few = RowSet::from_rows(50, [2, 3, 7]).unwrap();
    let found = index.search_with(&items(50), 48, &SearchParams::from(&few)).unwrap();
    assert!(found.iter().all(|hits| hits.len() == 2 && hits.iter().all(|hit| [2, 7].contains(&hit.item))));
    let mut reopened = open(config.clone()).unwrap();
    assert_eq!((reopened.len(), reopened.rows()), (48, 49));
    assert_eq!(reopened.add(&items(1)).unwrap(), 50..51, "rows of removed items are not given again");
    assert_eq!(index.add(&items(1)).unwrap(), 51..52);
    assert!(matches!(open(QdrantConfig { dim: 9, ..config }), Err(Error::Collection { .. })));
}

#[test]
fn a_collection_of_another_similarity_is_refused() {
    let qdrant = QdrantServer::start();
    let config = qdrant.config(8);
    let client = qdrant_client::Qdrant::from_url(&config.url).skip_compatibility_check().build().unwrap();
    let vectors = VectorParamsBuilder::new(8, Distance::Euclid);
    let create = CreateCollectionBuilder::new(config.collection.as_str()).vectors_config(vectors);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(client.create_collection(create)).unwrap();
    assert!(matches!(open(config), Err(Error::Collection { .. })));
}

#[test]
fn a_dropped_collection_begins_at_row_0() {
    let qdrant = QdrantServer::start();
    let config = qdrant.config(8);
    open(config.clone()).unwrap().add(&items(5)).unwrap();
    Qdrant::open(config.clone(), &settings()).unwrap().drop_collection().unwrap();
    assert_eq!(open(config).unwrap().add(&items(2)).unwrap(), 0..2);
}

#[test]
#[ignore = "run by the test below in processes of its own"]
fn one_of_three_that_add() {
    let told = |name| std::env::var(name).unwrap();
    let collection = told("ESS_TEST_COLLECTION").parse().unwrap();
    add_as_told(open(QdrantConfig::new(told("ESS_TEST_ADDRESS"), collection, 8)).unwrap());
}

#[test]
fn processes_that_create_and_add_at_once_lose_nothing() {
    let qdrant = QdrantServer::start();
    let config = qdrant.config(8);
    let told =
        [("ESS_TEST_ADDRESS", config.url.as_str()), ("ESS_TEST_COLLECTION", config.collection.as_str())];
    processes_that_add_at_once_lose_nothing(&qdrant, &config, "one_of_three_that_add", &told);
}

#[test]
fn a_server_that_stops_for_a_while_mixes_up_nothing() {
    let mut qdrant = QdrantServer::stopped();
    qdrant.restart();
    a_server_that_stops_for_a_while_mixes_nothing_up(&qdrant);
}

#[test]
fn a_restart_in_the_middle_loses_and_doubles_nothing() {
    let mut qdrant = QdrantServer::stopped();
    qdrant.restart();
    a_restart_loses_and_doubles_nothing(&mut qdrant, 1200, Duration::from_millis(60));
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
