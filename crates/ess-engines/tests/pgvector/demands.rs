//! What servers demand of names, users and time.

use std::{fs, time::Instant};

use ess_core::{Embeddings, Error as CoreError, Index, MutableIndex};
use ess_engines::{EngineIndex, EngineSettings, Error, Hnsw, PgVector, PgVectorConfig};

use crate::{
    Postgres, open,
    server::{Restarts, items, until},
    settings,
    sql::Sql,
};

#[test]
fn a_request_that_takes_too_long_is_cancelled_on_the_server() {
    let postgres = Postgres::start();
    let config = postgres.config(8);
    open(config.clone()).unwrap().add(&items(5)).unwrap();
    let hurried = EngineSettings { timeout: 0.5, retries: 0, ..settings() };
    let mut index = EngineIndex::new(PgVector::open(config.clone(), &hurried).unwrap(), hurried).unwrap();
    // Who is in a transaction sees one moment of what others do.
    let (sql, onlooker) = (Sql::connect(&postgres), Sql::connect(&postgres));
    sql.run(&format!("BEGIN; LOCK TABLE {} IN ACCESS EXCLUSIVE MODE", config.table));
    for late in [index.search(&items(1), 1).map(drop), index.add(&items(1)).map(drop), index.remove(&[0])] {
        let Err(CoreError::External(error)) = late else { panic!("a locked table answered") };
        assert!(matches!(error.downcast_ref(), Some(Error::Timeout { .. })), "{error:?}");
    }
    let started = Instant::now();
    while started.elapsed().as_secs() < 20 && !onlooker.running().is_empty() {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert_eq!(onlooker.running(), Vec::<String>::new());
    sql.run("ROLLBACK");
    assert_eq!(index.search(&items(1), 5).unwrap()[0].len(), 5);
    index.refresh().unwrap();
    assert_eq!(index.len(), 5);
    assert_eq!(index.add(&items(1)).unwrap(), 5..6);
}

#[test]
fn a_role_that_may_only_select_can_search() {
    let postgres = Postgres::start();
    let (config, sql) = (postgres.config(8), Sql::connect(&postgres));
    sql.run("CREATE ROLE reader LOGIN; CREATE ROLE writer LOGIN");
    for hnsw in [None, Some(Hnsw::default())] {
        let config = PgVectorConfig { hnsw, ..config.clone() };
        let index = postgres_index(&config, 20);
        sql.run(&format!(
            "GRANT SELECT ON {0} TO reader; GRANT SELECT, INSERT ON {0} TO writer",
            config.table
        ));
        let of = |role: &str| {
            let connection = format!("host=127.0.0.1 port={} dbname=postgres user={role}", postgres.port);
            open(PgVectorConfig { connection, ..config.clone() }).unwrap()
        };
        let mut reader = of("reader");
        assert_eq!(reader.search(&items(3), 5).unwrap(), index.search(&items(3), 5).unwrap());
        let Err(CoreError::External(refused)) = reader.add(&items(1)) else { panic!("a reader wrote") };
        assert!(matches!(refused.downcast_ref(), Some(Error::Refused { .. })), "{refused:?}");
        let rows = index.rows();
        assert_eq!(of("writer").add(&items(1)).unwrap(), rows..rows + 1);
    }
    // A table of an earlier version has no column for batches: a reader does without, its owner adds it.
    let old = postgres.config(8);
    sql.run(&format!("CREATE TABLE {0} (\"row\" bigint PRIMARY KEY, embedding vector(8) NOT NULL); GRANT SELECT ON {0} TO reader", old.table));
    let connection = format!("host=127.0.0.1 port={} dbname=postgres user=reader", postgres.port);
    assert!(open(PgVectorConfig { connection, ..old.clone() }).unwrap().is_empty());
    assert_eq!(postgres_index(&old, 4).len(), 4);
}

fn postgres_index(config: &PgVectorConfig, n: usize) -> EngineIndex<PgVector> {
    let mut index = open(config.clone()).unwrap();
    index.add(&items(n)).unwrap();
    index
}

#[test]
fn long_names_and_reserved_words_are_names() {
    let postgres = Postgres::start();
    let sql = Sql::connect(&postgres);
    let longest = "a".repeat(63);
    for name in ["order", "user", "select", "table", "row", longest.as_str()] {
        for hnsw in [None, Some(Hnsw::default())] {
            let config = PgVectorConfig { table: name.parse().unwrap(), hnsw, ..postgres.config(8) };
            let mut index = open(config.clone()).unwrap();
            index.add(&items(3)).unwrap();
            index.remove(&[0]).unwrap();
            assert_eq!(index.search(&items(1), 2).unwrap()[0].len(), 2, "{name}");
            let graphs =
                format!("SELECT 1 FROM pg_indexes WHERE tablename = '{name}' AND indexdef LIKE '%hnsw%'");
            assert_eq!(sql.run(&graphs).len(), usize::from(hnsw.is_some()), "{name}");
            // Opened again, it has one graph still.
            drop(open(config.clone()).unwrap());
            assert_eq!(sql.run(&graphs).len(), usize::from(hnsw.is_some()), "{name}");
            PgVector::open(config, &settings()).unwrap().drop_table().unwrap();
        }
    }
}

#[test]
fn passwords_and_encryption_are_called_that_and_not_tried_again() {
    let postgres = Postgres::start();
    let sql = Sql::connect(&postgres);
    sql.run("CREATE ROLE locked LOGIN SUPERUSER PASSWORD 'right'; CREATE ROLE encrypted LOGIN");
    let rules = postgres.folder().join("pg_hba.conf");
    let before = fs::read_to_string(&rules).unwrap();
    let first = "host all locked 127.0.0.1/32 scram-sha-256\nhost all encrypted 127.0.0.1/32 reject\n";
    fs::write(&rules, first.to_owned() + &before).unwrap();
    sql.run("SELECT pg_reload_conf()");
    // Trying again would take an hour.
    let stubborn = EngineSettings { retries: 3, pause: 3600.0, ..settings() };
    let open = |user: &str| {
        let connection = format!("host=127.0.0.1 port={} dbname=postgres {user}", postgres.port);
        PgVector::open(PgVectorConfig { connection, ..postgres.config(8) }, &stubborn).map(drop)
    };
    let started = Instant::now();
    until(|| matches!(open("user=locked"), Err(Error::Credentials { .. })));
    let wrong = open("user=locked password=hunter2").unwrap_err();
    assert!(matches!(wrong, Error::Credentials { .. }), "{wrong:?}");
    assert!(!format!("{wrong} {wrong:?}").contains("hunter2"));
    open("user=locked password=right").unwrap();
    for demand in ["user=encrypted", "user=postgres sslmode=require"] {
        let error = open(demand).unwrap_err();
        assert!(matches!(error, Error::Encryption { .. }) && error.to_string().contains("TLS"), "{error:?}");
    }
    assert!(started.elapsed().as_secs() < 3000);
}

#[test]
fn an_addition_is_whole_whatever_the_batch() {
    let postgres = Postgres::start();
    let config = postgres.config(8);
    let small = EngineSettings { batch: 3, ..settings() };
    let mut index = EngineIndex::new(PgVector::open(config, &small).unwrap(), small).unwrap();
    assert_eq!(index.add(&items(10)).unwrap(), 0..10);
    assert_eq!(
        index.search(&items(10), 10).unwrap(),
        postgres.index(items(10), None).search(&items(10), 10).unwrap()
    );
    let wrong = Embeddings::from_rows(&[[1.0, 2.0]]).unwrap();
    assert!(matches!(index.add(&wrong), Err(CoreError::DimensionMismatch { .. })));
    assert_eq!(index.len(), 10);
}
