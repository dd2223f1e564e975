//! Statements of the tests' own.

use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

use crate::Postgres;

/// A session beside those of the client that is tested.
pub(crate) struct Sql {
    runtime: tokio::runtime::Runtime,
    client: Client,
}

impl Sql {
    pub(crate) fn connect(postgres: &Postgres) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let connection = format!("host=127.0.0.1 port={} user=postgres", postgres.port);
        let client = runtime.block_on(async {
            for _ in 0..600 {
                // A server that listens may not have started.
                if let Ok((client, connection)) = tokio_postgres::connect(&connection, NoTls).await {
                    tokio::spawn(connection);
                    return client;
                }
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
            panic!("the server does not start");
        });
        Self { runtime, client }
    }

    /// The first column of what a statement answers.
    pub(crate) fn run(&self, statements: &str) -> Vec<String> {
        let answer = self.runtime.block_on(self.client.simple_query(statements)).unwrap();
        let text = |message: &SimpleQueryMessage| match message {
            SimpleQueryMessage::Row(row) => Some(row.get(0).unwrap_or_default().to_owned()),
            _ => None,
        };
        answer.iter().filter_map(text).collect()
    }

    /// What other sessions are in the middle of.
    pub(crate) fn running(&self) -> Vec<String> {
        self.run(
            "SELECT query FROM pg_stat_activity WHERE state = 'active' AND backend_type = 'client backend' \
             AND pid <> pg_backend_pid()",
        )
    }
}
