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
use milvus::v2::prelude::{
    ClientV2, CollectionSchema, ConnectConfig, CreateCollectionRequest, DataType, FieldSchema, IndexParam,
    IndexType, MetricType,
};
use server::{
    Restarts, Server, a_restart_loses_and_doubles_nothing, a_server_that_stops_for_a_while_mixes_nothing_up,
    add_as_told, free_port, items, processes_that_add_at_once_lose_nothing, settings,
};

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

    fn signal(&self, name: &str) {
        self.server.as_ref().unwrap().signal(name);
    }

    fn open_with(
        &self,
        config: &Self::Config,
        settings: &EngineSettings,
    ) -> Result<EngineIndex<Milvus>, Error> {
        EngineIndex::new(Milvus::open(config.clone(), settings)?, settings.clone())
    }
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
#[ignore = "run by the test below in processes of its own"]
fn one_of_three_that_add() {
    let address = std::env::var("ESS_TEST_ADDRESS").unwrap();
    add_as_told(open(MilvusConfig::new(address, "items_0".parse().unwrap(), 8)).unwrap());
}

// Milvus Lite shows a collection before it has registered it, so that of two clients that create it at once one may work
// on a copy that is forgotten. Here the collections of items and of claims are there before.
#[test]
fn processes_that_add_at_once_to_what_is_there_lose_nothing() {
    let milvus = MilvusLite::start();
    let config = milvus.config(8);
    let mut index = open(config.clone()).unwrap();
    index.add(&items(1)).unwrap();
    index.remove(&[0]).unwrap();
    let told = [("ESS_TEST_ADDRESS", config.uri.as_str())];
    processes_that_add_at_once_lose_nothing(&milvus, &config, "one_of_three_that_add", &told);
}

/// Makes a collection as this crate does, but for the similarity or who chooses keys.
async fn make(config: &MilvusConfig, metric: MetricType, auto_id: bool) {
    let client = ClientV2::new(&ConnectConfig::new().uri(&config.uri)).await.unwrap();
    let row = FieldSchema::new().name("row_number").data_type(DataType::Int64).primary_key(true);
    let embedding = FieldSchema::new().name("embedding").data_type(DataType::FloatVector).dimension(8);
    let index = IndexParam::new().field_name("embedding").metric_type(metric).index_type(IndexType::Flat);
    let create = CreateCollectionRequest::builder()
        .collection_name(config.collection.as_str())
        .schema(CollectionSchema::new().add_field(row.auto_id(auto_id)).add_field(embedding))
        .index_params(vec![index]);
    client.create_collection(create.build().unwrap()).await.unwrap();
}

#[test]
fn collections_that_would_answer_otherwise_are_refused() {
    let milvus = MilvusLite::start();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    for (metric, auto_id, fits) in
        [(MetricType::Ip, false, true), (MetricType::L2, false, false), (MetricType::Ip, true, false)]
    {
        let config = milvus.config(8);
        runtime.block_on(make(&config, metric, auto_id));
        let opened = open(config).map(drop);
        assert_eq!(opened.is_ok(), fits, "{opened:?}");
        assert!(fits || matches!(opened, Err(Error::Collection { .. })), "{opened:?}");
    }
}

#[test]
fn rows_of_removed_items_are_not_given_again() {
    let milvus = MilvusLite::start();
    let config = milvus.config(8);
    let mut index = open(config.clone()).unwrap();
    assert_eq!(index.add(&items(5)).unwrap(), 0..5);
    index.remove(&[3, 4]).unwrap();
    assert_eq!(open(config).unwrap().add(&items(1)).unwrap(), 5..6);
    assert_eq!(index.add(&items(1)).unwrap(), 6..7);
}

#[test]
fn a_server_that_stops_for_a_while_mixes_up_nothing() {
    a_server_that_stops_for_a_while_mixes_nothing_up(&MilvusLite::start());
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
