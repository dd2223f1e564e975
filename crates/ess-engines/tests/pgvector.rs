//! PostgreSQL with pgvector, against a real server.
//!
//! `ESS_POSTGRES_BIN` names the folder with `initdb` and `postgres`; `tests/servers.sh` installs one.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "pgvector/company.rs"]
mod company;
#[path = "pgvector/demands.rs"]
mod demands;
mod server;
#[path = "pgvector/sql.rs"]
mod sql;
#[path = "pgvector/upload.rs"]
mod upload;

use std::{
    os::unix::{fs::chown, process::CommandExt},
    path::PathBuf,
    process::Command,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use ess_core::{Effort, Embeddings, Error as CoreError, Index, MutableIndex, RowSet, SearchParams};
use ess_engines::{EngineIndex, EngineSettings, Error, Hnsw, PgVector, PgVectorConfig};
use ess_testing::index::{self, Promise};

use server::{
    Restarts, Server, a_restart_loses_and_doubles_nothing, a_server_that_stops_for_a_while_mixes_nothing_up,
    free_port, items, settings,
};

/// The user that runs the server when the tests run as root, which it refuses.
const NOBODY: u32 = 65534;

struct Postgres {
    bin: PathBuf,
    data: tempfile::TempDir,
    port: u16,
    server: Option<Server>,
    tables: AtomicUsize,
}

impl Postgres {
    fn start() -> Self {
        let bin = std::env::var_os("ESS_POSTGRES_BIN").expect("ESS_POSTGRES_BIN names a folder of programs");
        let data = tempfile::tempdir().unwrap();
        let (bin, port, tables) = (PathBuf::from(bin), free_port(), AtomicUsize::new(0));
        let mut postgres = Self { bin, data, port, server: None, tables };
        if is_root() {
            chown(postgres.data.path(), Some(NOBODY), Some(NOBODY)).unwrap();
        }
        let mut initdb = postgres.program("initdb");
        initdb.args(["--auth=trust", "--username=postgres", "--no-sync", "--encoding=UTF8", "--locale=C"]);
        let made = initdb.arg("-D").arg(postgres.folder()).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        postgres.restart();
        postgres
    }

    fn folder(&self) -> PathBuf {
        self.data.path().join("db")
    }

    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.bin.join(name));
        command.current_dir(self.data.path());
        if is_root() {
            command.uid(NOBODY).gid(NOBODY);
        }
        command
    }

    fn index(&self, items: Embeddings, hnsw: Option<Hnsw>) -> EngineIndex<PgVector> {
        let mut index = open(PgVectorConfig { hnsw, ..self.config(items.dim()) }).unwrap();
        index.add(&items).unwrap();
        index
    }
}

impl Restarts for Postgres {
    type Engine = PgVector;
    type Config = PgVectorConfig;

    fn kill(&mut self) {
        self.server = None;
        // The postmaster's file would name a process that is gone.
        drop(std::fs::remove_file(self.folder().join("postmaster.pid")));
    }

    fn restart(&mut self) {
        self.kill();
        let mut command = self.program("postgres");
        command.arg("-D").arg(self.folder()).args(["-h", "127.0.0.1", "-p", &self.port.to_string()]);
        command.args(["-c", "unix_socket_directories="]);
        self.server = Some(Server::start(&mut command, self.port));
    }

    fn config(&self, dim: usize) -> Self::Config {
        let table = format!("items_{}", self.tables.fetch_add(1, Ordering::SeqCst));
        let connection = format!("host=127.0.0.1 port={} user=postgres", self.port);
        PgVectorConfig::new(connection, table.parse().unwrap(), dim)
    }

    fn signal(&self, name: &str) {
        self.server.as_ref().unwrap().signal(name);
    }

    fn open_with(
        &self,
        config: &Self::Config,
        settings: &EngineSettings,
    ) -> Result<EngineIndex<PgVector>, Error> {
        EngineIndex::new(PgVector::open(config.clone(), settings)?, settings.clone())
    }
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|me| std::os::unix::fs::MetadataExt::uid(&me) == 0)
}

fn open(config: PgVectorConfig) -> Result<EngineIndex<PgVector>, Error> {
    EngineIndex::new(PgVector::open(config, &settings())?, settings())
}

#[test]
fn an_exact_table_conforms() {
    let postgres = Postgres::start();
    // pgvector sums in f32, and beyond about 1e19 its products overflow.
    let promise = Promise { similarity: 1e-5, largest: 1e18, ..Promise::EXACT };
    index::conforms(|items| postgres.index(items, None), &promise);
}

#[test]
fn a_graph_finds_nearly_all_and_more_with_more_effort() {
    let postgres = Postgres::start();
    let (items, queries) = (items(2000), items(50));
    let exact = postgres.index(items.clone(), None);
    let graph = postgres.index(items, Some(Hnsw::default()));
    assert!(graph.capabilities().ef_search && !graph.capabilities().exact);
    let tuned = graph.tune(&exact, &queries, 10, 0.95).unwrap();
    assert!(tuned.recall >= 0.95);
    let few = RowSet::from_rows(2000, (0..2000).step_by(97)).unwrap();
    let params = SearchParams::from(Effort { ef_search: Some(200), ..Effort::default() }).filtered(&few);
    let found = graph.search_with(&queries, 10, &params).unwrap();
    assert_eq!(found, exact.search_with(&queries, 10, &SearchParams::from(&few)).unwrap());
}

#[test]
fn a_server_that_stops_for_a_while_mixes_up_nothing() {
    a_server_that_stops_for_a_while_mixes_nothing_up(&Postgres::start());
}

#[test]
fn a_restart_in_the_middle_loses_and_doubles_nothing() {
    a_restart_loses_and_doubles_nothing(&mut Postgres::start(), 3000, Duration::from_millis(30));
}

#[test]
fn what_is_wrong_is_said() {
    let postgres = Postgres::start();
    let config = postgres.config(8);
    let mut index = open(config.clone()).unwrap();
    index.add(&items(20)).unwrap();
    index.remove(&[3]).unwrap();
    assert_eq!(index.len(), 19);
    let other = open(PgVectorConfig { dim: 9, ..config.clone() });
    assert!(matches!(other, Err(Error::Collection { .. })));
    let nobody = open(PgVectorConfig { connection: "host=127.0.0.1 port=1 user=x".into(), ..config.clone() });
    assert!(matches!(nobody, Err(Error::Unreachable { .. })));
    let nonsense = open(PgVectorConfig { connection: "host".into(), ..config.clone() });
    assert!(matches!(nonsense, Err(Error::Config { name: "connection", .. })));
    let stranger = format!("host=127.0.0.1 port={} user=stranger", postgres.port);
    let refused = open(PgVectorConfig { connection: stranger, ..config.clone() });
    assert!(matches!(refused, Err(Error::Refused { .. })));
    let slow = EngineSettings { timeout: 1e-6, retries: 0, ..settings() };
    assert!(matches!(PgVector::open(config.clone(), &slow), Err(Error::Timeout { .. })));
    PgVector::open(config.clone(), &settings()).unwrap().drop_table().unwrap();
    assert!(matches!(index.search(&items(1), 1), Err(CoreError::External(_))));
    assert!(open(config).unwrap().is_empty());
}

#[test]
fn an_index_works_inside_a_callers_runtime() {
    let postgres = Postgres::start();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let index = postgres.index(items(10), None);
        assert_eq!(index.search(&items(1), 1).unwrap()[0].len(), 1);
    });
}
