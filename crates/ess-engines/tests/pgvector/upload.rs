//! A file that is uploaded to the engine of a name, by processes that stop, to a server that does.

use std::{thread::sleep, time::Duration};

use ess_core::{Embeddings, Error as CoreError};
use ess_engines::{EngineSettings, Error, OpenedEngine, PgVectorConfig, Upload, UploadRecord, open_engine};

use crate::{
    Postgres,
    server::{Restarts, items},
    settings,
    sql::Sql,
};

const BLOCK: usize = 250;

fn opened(config: &PgVectorConfig) -> Result<OpenedEngine, Error> {
    let mut given = serde_json::to_value(config).unwrap();
    given["requests"] = serde_json::to_value(EngineSettings { retries: 1, ..settings() }).unwrap();
    open_engine("pgvector", given)
}

/// Waits while a server that has just started takes nobody.
fn wait_for(config: &PgVectorConfig) {
    let tries = (0..100).take_while(|_| opened(config).is_err_and(|error| error.is_transient()));
    tries.for_each(|_| sleep(Duration::from_millis(100)));
}

/// Uploads; how many blocks were sent. The process ends before it writes down for the time `killed_at`.
fn upload(
    config: &PgVectorConfig,
    items: &Embeddings,
    written: &mut UploadRecord,
    killed_at: usize,
) -> Result<usize, Error> {
    let (mut writes, mut sent, record) = (0, 0, written.clone());
    let keep = |record: &UploadRecord| {
        writes += 1;
        if writes == killed_at {
            return Err(CoreError::external("killed"));
        }
        *written = record.clone();
        Ok(())
    };
    let mut upload = Upload::begin(opened(config)?.index, record, items.len(), keep)?;
    for first in (0..items.len()).step_by(BLOCK) {
        let block = part(items, first, items.len().min(first + BLOCK));
        sent += usize::from(upload.store(first, &block, &format!("{:?}", block.as_slice()))?);
    }
    upload.finish()?;
    Ok(sent)
}

fn part(items: &Embeddings, from: usize, to: usize) -> Embeddings {
    items.select(&(from..to).collect::<Vec<_>>()).unwrap()
}

/// How many rows of two tables differ.
fn differing(postgres: &Postgres, one: &PgVectorConfig, other: &PgVectorConfig) -> Vec<String> {
    Sql::connect(postgres).run(&format!(
        "SELECT count(*) FROM \"{}\" a FULL JOIN \"{}\" b USING (\"row\") \
         WHERE a.embedding IS DISTINCT FROM b.embedding",
        one.table, other.table
    ))
}

#[test]
fn an_upload_that_was_stopped_goes_on_and_leaves_the_items_of_its_file() {
    let mut postgres = Postgres::start();
    let (config, whole) = (postgres.config(8), postgres.config(8));
    let (all, mut written) = (items(1000), UploadRecord::default());
    let killed = upload(&config, &all, &mut written, 3);
    assert!(matches!(killed, Err(Error::Core(CoreError::External(_)))), "{killed:?}");
    assert_eq!(written.rows(), BLOCK);
    postgres.kill();
    let lost = upload(&config, &all, &mut written, usize::MAX);
    assert!(lost.is_err_and(|error| error.is_transient()));
    postgres.restart();
    wait_for(&config);
    assert_eq!(upload(&config, &all, &mut written, usize::MAX).unwrap(), 3);
    assert_eq!(upload(&config, &all, &mut written, usize::MAX).unwrap(), 0);
    upload(&whole, &all, &mut UploadRecord::default(), usize::MAX).unwrap();
    assert_eq!(differing(&postgres, &config, &whole), ["0"]);

    // A file that is shorter, and of other items.
    let fewer = part(&all, 1, 601);
    assert_eq!(upload(&config, &fewer, &mut written, usize::MAX).unwrap(), 3);
    let whole = postgres.config(8);
    upload(&whole, &fewer, &mut UploadRecord::default(), usize::MAX).unwrap();
    assert_eq!(differing(&postgres, &config, &whole), ["0"]);
}

#[test]
fn tables_of_others_and_of_another_dimension_are_refused() {
    let postgres = Postgres::start();
    let config = postgres.config(8);
    upload(&config, &items(20), &mut UploadRecord::default(), usize::MAX).unwrap();
    let again = upload(&config, &items(20), &mut UploadRecord::default(), usize::MAX);
    assert!(matches!(again, Err(Error::NotAlone { .. })), "{again:?}");
    let other = opened(&PgVectorConfig { dim: 9, ..config.clone() }).map(drop);
    assert!(matches!(other, Err(Error::Collection { .. })), "{other:?}");
    let place = opened(&config).unwrap().place.unwrap();
    assert!(place.contains("127.0.0.1") && place.contains(config.table.as_str()), "{place}");
}
