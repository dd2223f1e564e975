//! A table of PostgreSQL as an engine.

use std::sync::Arc;

use ess_core::{Effort, Embeddings, Hit};
use pgvector::Vector;
use tokio_postgres::{Client, Config, config::SslMode};

use super::{
    append::{self, Unheard},
    config::{self, NAME, PgVectorConfig},
    session::{self, Sessions, failure},
    table::{self, Statements},
};
use crate::{
    append_id::AppendId,
    blocking::{Blocking, Failure},
    engine::{Admitted, Engine},
    error::Error,
    extent::Extent,
    retry::retried,
    settings::EngineSettings,
};

/// Items in a table of PostgreSQL: `row bigint primary key, embedding vector(d) not null, batch bigint`.
///
/// Without an [`Hnsw`](crate::Hnsw) index every search is exact. Connections are opened when they are needed and kept; one that
/// broke is replaced. A request that takes too long is cancelled on the server. Runnable at
/// [`EngineIndex`](crate::EngineIndex).
///
/// Any number of processes may open a table, search and add: the server numbers rows, and each addition is one
/// transaction, whose id `batch` keeps. A role that may only `SELECT` can open and search a table that is there.
pub struct PgVector {
    config: Arc<PgVectorConfig>,
    statements: Arc<Statements>,
    sessions: Arc<Sessions>,
    unheard: Arc<Unheard>,
    batch: usize,
    place: String,
    blocking: Blocking,
}

impl PgVector {
    /// Opens a table, or creates it with the index that the config asks for.
    ///
    /// # Errors
    /// [`Error::Config`] for a config out of range; [`Error::Collection`] for a table of the same name with other
    /// columns or another dimension, and for a server without pgvector; [`Error::Credentials`] for a wrong password or
    /// none, [`Error::Encryption`] where TLS is demanded; [`Error::Unreachable`], [`Error::Refused`] or
    /// [`Error::Timeout`] from the server.
    pub fn open(config: PgVectorConfig, settings: &EngineSettings) -> Result<Self, Error> {
        config.check()?;
        let connect: Config = config.connect()?;
        let address = session::address(&connect);
        if connect.get_ssl_mode() == SslMode::Require {
            let source = "the connection string has sslmode=require".into();
            return Err(Error::Encryption { engine: NAME, address, operation: "open a table", source });
        }
        // PostgreSQL takes the one with the user's name, which is not shown; options may name a schema. They tell places apart.
        let database = connect.get_dbname().unwrap_or("of the user's name");
        let seen_by = told_apart(&format!("{:?} {:?}", connect.get_user(), connect.get_options()));
        let place = format!("{NAME} {address}, database {database}, table {} ({seen_by:016x})", config.table);
        let blocking = Blocking::new(NAME, address, settings)?;
        let sessions = Sessions::new(connect, blocking.timeout());
        let statements = Arc::new(Statements::new(&config));
        let (config, batch) = (Arc::new(config), settings.batch);
        let this = Self { config, statements, sessions, unheard: Arc::default(), batch, place, blocking };
        retried(settings, || this.prepare_table())?;
        Ok(this)
    }

    /// Drops the table with all its items.
    ///
    /// # Errors
    /// Those of the server.
    pub fn drop_table(self) -> Result<(), Error> {
        let statements = Arc::clone(&self.statements);
        self.request("drop a table", |client| async move {
            let done = client.batch_execute(&statements.drop).await.map_err(failure);
            (client, done)
        })
    }

    fn prepare_table(&self) -> Result<(), Error> {
        let (config, statements) = (Arc::clone(&self.config), Arc::clone(&self.statements));
        self.request("open a table", |mut client| async move {
            let done = table::prepare(&mut client, &config, &statements).await;
            (client, done)
        })
    }

    fn request<T, F, R>(&self, operation: &'static str, request: R) -> Result<T, Error>
    where
        T: Send + 'static,
        F: Future<Output = (Client, Result<T, Failure>)> + Send + 'static,
        R: FnOnce(Client) -> F + Send + 'static,
    {
        self.long_request(operation, 1, request)
    }

    /// A request that may take as long as so many.
    fn long_request<T, F, R>(&self, operation: &'static str, statements: u32, request: R) -> Result<T, Error>
    where
        T: Send + 'static,
        F: Future<Output = (Client, Result<T, Failure>)> + Send + 'static,
        R: FnOnce(Client) -> F + Send + 'static,
    {
        let sessions = Arc::clone(&self.sessions);
        self.blocking.run_to_end(operation, async move { sessions.request(statements, request).await })
    }
}

/// A number of a text that does not show it: FNV-1a.
fn told_apart(text: &str) -> u64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
    text.bytes().fold(0xcbf2_9ce4_8422_2325, step)
}

impl Engine for PgVector {
    fn dim(&self) -> usize {
        self.config.dim
    }

    fn exact(&self) -> bool {
        self.config.hnsw.is_none()
    }

    fn takes_candidates(&self) -> bool {
        self.config.hnsw.is_some()
    }

    fn extent(&self) -> Result<Extent, Error> {
        let statements = Arc::clone(&self.statements);
        let (items, next_row): (i64, i64) = self.request("count rows", |client| async move {
            let answer = client.query_one(&statements.extent, &[]).await.map_err(failure);
            (client, answer.map(|row| (row.get(0), row.get(1))))
        })?;
        Ok(Extent { items: items as usize, next_row: next_row as usize })
    }

    fn upsert(&self, first_row: usize, items: &Embeddings) -> Result<(), Error> {
        let statements = Arc::clone(&self.statements);
        let rows: Vec<i64> = (first_row..first_row + items.len()).map(|row| row as i64).collect();
        let vectors: Vec<Vector> = items.rows().map(|item| Vector::from(item.to_vec())).collect();
        self.request("store items", |client| async move {
            let done = client.execute(&statements.upsert, &[&rows, &vectors]).await;
            (client, done.map(drop).map_err(failure))
        })
    }

    fn numbers_rows(&self) -> bool {
        true
    }

    fn place(&self) -> Option<String> {
        Some(self.place.clone())
    }

    fn append(&self, id: AppendId, first_free: usize, items: &Embeddings) -> Result<usize, Error> {
        let (statements, unheard) = (Arc::clone(&self.statements), Arc::clone(&self.unheard));
        let (owned, batch) = (items.clone(), self.batch);
        let batches = u32::try_from(items.len().div_ceil(batch)).unwrap_or(u32::MAX);
        let appended = self.long_request("add items", batches, move |mut client| async move {
            let added =
                append::append(&mut client, &statements, &unheard, id, first_free, &owned, batch).await;
            (client, added)
        });
        appended.map_err(|error| match self.unheard.first_row(id) {
            Some(first_row) => {
                Error::Uncertain { first_row, end: first_row + items.len(), source: Box::new(error) }
            }
            None => error,
        })
    }

    fn delete(&self, rows: &[i64]) -> Result<(), Error> {
        let statements = Arc::clone(&self.statements);
        let rows = rows.to_vec();
        self.request("delete items", |client| async move {
            let done = client.execute(&statements.delete, &[&rows]).await;
            (client, done.map(drop).map_err(failure))
        })
    }

    fn search(
        &self,
        queries: &Embeddings,
        k: usize,
        effort: &Effort,
        admitted: Option<&Admitted>,
    ) -> Result<Vec<Vec<Hit>>, Error> {
        let statements = Arc::clone(&self.statements);
        let queries: Vec<Vector> = queries.rows().map(|query| Vector::from(query.to_vec())).collect();
        let candidates = effort.ef_search.unwrap_or(config::CANDIDATES).max(k);
        let admitted = admitted.cloned();
        self.request("search", move |mut client| async move {
            let found =
                table::search(&mut client, &statements, &queries, k, candidates, admitted.as_ref()).await;
            (client, found)
        })
    }
}
