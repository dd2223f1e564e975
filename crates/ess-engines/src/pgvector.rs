//! PostgreSQL with the extension pgvector.

mod config;
mod table;

use std::sync::{Arc, Mutex, PoisonError};

use ess_core::{Effort, Embeddings, Hit};
use pgvector::Vector;
use tokio_postgres::{Client, Config, NoTls, error::SqlState};

pub use config::{Hnsw, PgVectorConfig};
use table::Statements;

use crate::{
    Admitted, Engine, EngineSettings, Error, Extent,
    blocking::{Blocking, Failure},
    retry::retried,
};

const NAME: &str = "PostgreSQL";

/// Items in a table of PostgreSQL: `row bigint primary key, embedding vector(d)`.
///
/// Without an [`Hnsw`] index every search is exact. Connections are opened when they are needed and kept; one that
/// broke is replaced. Runnable at [`EngineIndex`](crate::EngineIndex).
pub struct PgVector {
    config: Arc<PgVectorConfig>,
    connect: Arc<Config>,
    statements: Arc<Statements>,
    idle: Arc<Mutex<Vec<Client>>>,
    blocking: Blocking,
}

impl PgVector {
    /// Opens a table, or creates it with the index that the config asks for.
    ///
    /// # Errors
    /// [`Error::Config`] for a config out of range; [`Error::Collection`] for a table of the same name with other
    /// columns or another dimension, and for a server without pgvector; [`Error::Unreachable`], [`Error::Refused`] or
    /// [`Error::Timeout`] from the server.
    pub fn open(config: PgVectorConfig, settings: &EngineSettings) -> Result<Self, Error> {
        config.check()?;
        let mut connect: Config = config.connection.parse().map_err(|error| Error::Config {
            name: "connection",
            expected: "key=value pairs or a URL, as libpq takes",
            found: format!("{error}"),
        })?;
        let blocking = Blocking::new(NAME, address(&connect), settings)?;
        if connect.get_connect_timeout().is_none() {
            connect.connect_timeout(blocking.timeout());
        }
        let statements = Arc::new(Statements::new(&config));
        let (config, connect) = (Arc::new(config), Arc::new(connect));
        let this = Self { config, connect, statements, idle: Arc::default(), blocking };
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
        self.request("open a table", |client| async move {
            let done = table::prepare(&client, &config, &statements).await;
            (client, done)
        })
    }

    /// Runs a request on a connection of its own, which is kept for others when it is still good.
    fn request<T, F, R>(&self, operation: &'static str, request: R) -> Result<T, Error>
    where
        T: Send + 'static,
        F: Future<Output = (Client, Result<T, Failure>)> + Send + 'static,
        R: FnOnce(Client) -> F + Send + 'static,
    {
        let (idle, connect) = (Arc::clone(&self.idle), Arc::clone(&self.connect));
        self.blocking.run(operation, async move {
            let kept = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let client = match kept.filter(|client| !client.is_closed()) {
                Some(client) => client,
                None => open_connection(&connect).await?,
            };
            let (client, answer) = request(client).await;
            // A connection in the middle of a failed transaction is of no use to the next request.
            if answer.is_ok() && !client.is_closed() {
                idle.lock().unwrap_or_else(PoisonError::into_inner).push(client);
            }
            answer
        })
    }
}

fn address(connect: &Config) -> String {
    let hosts = connect.get_hosts().iter().map(|host| match host {
        tokio_postgres::config::Host::Tcp(host) => host.clone(),
        #[cfg(unix)]
        tokio_postgres::config::Host::Unix(path) => path.display().to_string(),
    });
    let hosts: Vec<String> = hosts.collect();
    let ports: Vec<String> = connect.get_ports().iter().map(u16::to_string).collect();
    match ports.is_empty() {
        true => hosts.join(","),
        false => format!("{} port {}", hosts.join(","), ports.join(",")),
    }
}

async fn open_connection(connect: &Config) -> Result<Client, Failure> {
    let (client, connection) = connect.connect(NoTls).await.map_err(failure)?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection to PostgreSQL ended");
        }
    });
    Ok(client)
}

/// Broken connections, and what the server says when it starts, stops or is full, pass.
fn failure(error: tokio_postgres::Error) -> Failure {
    let passing = match error.code() {
        Some(code) => {
            let class = &code.code()[..2];
            class == "08" || class == "57" || class == "40" || *code == SqlState::TOO_MANY_CONNECTIONS
        }
        None => true,
    };
    match passing {
        true => Failure::Unreachable(Box::new(error)),
        false => Failure::Refused(Box::new(error)),
    }
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
        let candidates = effort.candidates.unwrap_or(config::CANDIDATES).max(k);
        let admitted = admitted.cloned();
        self.request("search", move |mut client| async move {
            let found =
                table::search(&mut client, &statements, &queries, k, candidates, admitted.as_ref()).await;
            (client, found)
        })
    }
}
