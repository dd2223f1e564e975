//! Several indexes, several processes, and processes that die.

use std::{
    collections::BTreeSet,
    ops::Range,
    sync::{
        Barrier,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use ess_core::{Embeddings, Error as CoreError, Index, MutableIndex};
use ess_engines::{EngineIndex, EngineSettings, Error, Hnsw, PgVector, PgVectorConfig};

use crate::{
    Postgres, open,
    server::{Restarts, add_as_told, processes::Killed, processes_that_add_at_once_lose_nothing, until},
    settings,
    sql::Sql,
};

/// Items that only this addition of this writer has.
fn own_items(writer: usize, addition: usize) -> Embeddings {
    let rows: Vec<[f32; 2]> = (0..3).map(|item| [writer as f32, (addition * 3 + item) as f32]).collect();
    Embeddings::from_rows(&rows).unwrap()
}

/// What a table holds, as `row [x,y]`.
fn held(sql: &Sql, config: &PgVectorConfig) -> BTreeSet<String> {
    sql.run(&format!("SELECT \"row\" || ' ' || embedding FROM \"{}\"", config.table)).into_iter().collect()
}

fn promised(items: &Embeddings, rows: Range<usize>) -> impl Iterator<Item = String> {
    rows.zip(items.rows()).map(|(row, item)| format!("{row} [{},{}]", item[0], item[1]))
}

fn add_from_all(indexes: Vec<EngineIndex<PgVector>>, additions: usize) -> Vec<String> {
    thread::scope(|scope| {
        let adding = indexes.into_iter().enumerate().map(|(writer, mut index)| {
            scope.spawn(move || {
                let add = |addition| {
                    let items = own_items(writer, addition);
                    let rows = index.add(&items).unwrap();
                    promised(&items, rows).collect::<Vec<_>>()
                };
                (0..additions).flat_map(add).collect::<Vec<_>>()
            })
        });
        let adding: Vec<_> = adding.collect();
        adding.into_iter().flat_map(|adding| adding.join().unwrap()).collect()
    })
}

#[test]
fn clones_and_indexes_of_their_own_lose_nothing() {
    let postgres = Postgres::start();
    let sql = Sql::connect(&postgres);
    let config = postgres.config(2);
    let index = open(config.clone()).unwrap();
    let promised = add_from_all(vec![index.clone(); 8], 40);
    assert_eq!((index.len(), index.rows(), promised.len()), (960, 960, 960));
    assert_eq!(held(&sql, &config), promised.into_iter().collect());

    let config = postgres.config(2);
    let promised = add_from_all((0..8).map(|_| open(config.clone()).unwrap()).collect(), 40);
    assert_eq!(promised.len(), 960);
    assert_eq!(held(&sql, &config), promised.into_iter().collect());
    let onlooker = open(config).unwrap();
    assert_eq!((onlooker.len(), onlooker.rows()), (960, 960));
}

#[test]
fn a_table_is_created_by_four_at_once() {
    let postgres = Postgres::start();
    for round in 0..10 {
        let config = PgVectorConfig { hnsw: (round % 2 == 0).then(Hnsw::default), ..postgres.config(2) };
        let all = Barrier::new(4);
        let opened: Vec<_> = thread::scope(|scope| {
            let opening = (0..4).map(|_| {
                scope.spawn(|| {
                    all.wait();
                    PgVector::open(config.clone(), &EngineSettings { retries: 0, ..settings() }).map(drop)
                })
            });
            opening.collect::<Vec<_>>().into_iter().map(|opening| opening.join().unwrap()).collect()
        });
        assert!(opened.iter().all(Result::is_ok), "{opened:?}");
    }
}

/// How often a server is killed; each time takes about a second.
fn kills() -> usize {
    if std::env::var_os("ESS_NIGHTLY").is_some() { 50 } else { 5 }
}

/// What all writers know.
#[derive(Default)]
struct Progress {
    /// Additions that were promised.
    added: AtomicUsize,
    over: AtomicBool,
}

impl Progress {
    /// Waits for so many more additions.
    fn wait_for(&self, more: usize) {
        let before = self.added.load(Ordering::Relaxed);
        until(|| self.added.load(Ordering::Relaxed) >= before + more);
    }
}

/// Adds through everything until it is over; what is certain and what is not.
fn add_through_failures(
    mut index: EngineIndex<PgVector>,
    writer: usize,
    progress: &Progress,
) -> (Vec<String>, Vec<String>) {
    let (mut certain, mut uncertain) = (Vec::new(), Vec::new());
    let additions = (0..).take_while(|_| !progress.over.load(Ordering::Relaxed));
    for addition in additions {
        let items = own_items(writer, addition);
        match index.add(&items) {
            Ok(rows) => {
                certain.extend(promised(&items, rows));
                progress.added.fetch_add(1, Ordering::Relaxed);
            }
            Err(CoreError::External(error)) => match error.downcast_ref::<Error>() {
                Some(&Error::Uncertain { first_row, end, .. }) => {
                    uncertain.extend(promised(&items, first_row..end))
                }
                Some(error) if error.is_transient() => {}
                _ => panic!("{error:?}"),
            },
            Err(error) => panic!("{error:?}"),
        }
        thread::sleep(Duration::from_millis(15));
    }
    (certain, uncertain)
}

/// Says that it is over when dropped.
struct Over<'o>(&'o Progress);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.over.store(true, Ordering::Relaxed);
    }
}

#[test]
fn killed_servers_lose_nothing_that_was_promised() {
    let mut postgres = Postgres::start();
    let config = postgres.config(2);
    let impatient = EngineSettings { retries: 1, pause: 0.05, timeout: 2.0, ..settings() };
    let progress = Progress::default();
    // With patience: a server that listens may not answer yet.
    open(config.clone()).unwrap();
    let (mut certain, mut uncertain) = (BTreeSet::new(), BTreeSet::new());
    thread::scope(|scope| {
        // Also when a restart panics, or the writers would be waited for without end.
        let end = Over(&progress);
        let writers: Vec<_> = (0..4)
            .map(|writer| {
                let engine = PgVector::open(config.clone(), &impatient).unwrap();
                let index = EngineIndex::new(engine, impatient.clone()).unwrap();
                let progress = &progress;
                scope.spawn(move || add_through_failures(index, writer, progress))
            })
            .collect();
        for kill in 0..kills() {
            // Killed while they add, whatever time a start takes, and not at the same place of an addition.
            progress.wait_for(10);
            thread::sleep(Duration::from_millis(kill as u64 % 20));
            postgres.restart();
        }
        progress.wait_for(10);
        drop(end);
        for writer in writers {
            let (sure, unsure) = writer.join().unwrap();
            certain.extend(sure);
            uncertain.extend(unsure);
        }
    });
    let held = held(&Sql::connect(&postgres), &config);
    let lost: Vec<_> = certain.difference(&held).collect();
    assert!(lost.is_empty(), "of {}: {lost:?}", certain.len());
    let unknown: Vec<_> =
        held.iter().filter(|item| !certain.contains(*item) && !uncertain.contains(*item)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    println!(
        "{} kills: {} items promised, {} uncertain, {} held",
        kills(),
        certain.len(),
        uncertain.len(),
        held.len()
    );
    assert!(certain.len() >= 30 * kills(), "{}", certain.len());
}

#[test]
#[ignore = "run by the test below in processes of its own"]
fn one_of_three_that_add() {
    let connection = std::env::var("ESS_TEST_TABLE").unwrap();
    add_as_told(open(PgVectorConfig::new(connection, "items_0".parse().unwrap(), 8)).unwrap());
}

#[test]
fn processes_that_create_and_add_at_once_lose_nothing() {
    let postgres = Postgres::start();
    let config = postgres.config(8);
    let told = [("ESS_TEST_TABLE", config.connection.as_str())];
    processes_that_add_at_once_lose_nothing(&postgres, &config, "company::one_of_three_that_add", &told);
}

#[test]
#[ignore = "run by the test below in a process of its own"]
fn a_process_that_adds() {
    let config = PgVectorConfig::new(std::env::var("ESS_TEST_TABLE").unwrap(), "items_0".parse().unwrap(), 2);
    let small = EngineSettings { batch: 10, ..settings() };
    let mut index = EngineIndex::new(PgVector::open(config, &small).unwrap(), small).unwrap();
    index.add(&Embeddings::from_vec(vec![1.0; 60_000], 2).unwrap()).unwrap();
}

#[test]
fn a_process_that_dies_while_it_adds_leaves_nothing() {
    let postgres = Postgres::start();
    let config = postgres.config(2);
    assert_eq!(config.table.as_str(), "items_0");
    let mut index = open(config.clone()).unwrap();
    index.add(&own_items(0, 0)).unwrap();
    let sql = Sql::connect(&postgres);
    let mut process = Killed::test("company::a_process_that_adds", &[("ESS_TEST_TABLE", &config.connection)]);
    let written = format!("SELECT pg_relation_size('\"{}\"')", config.table);
    let size = || sql.run(&written)[0].parse::<usize>().unwrap();
    until(|| size() > 100_000);
    process.kill();
    until(|| {
        sql.running().is_empty()
            && sql.run("SELECT pid FROM pg_stat_activity WHERE state LIKE 'idle in%'").is_empty()
    });
    assert_eq!(held(&sql, &config), promised(&own_items(0, 0), 0..3).collect());
    assert_eq!(index.add(&own_items(0, 1)).unwrap(), 3..6);
}
