//! Connections to PostgreSQL, and what their errors mean.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, timeout, timeout_at};
use tokio_postgres::{Client, Config, NoTls, config::Host, error::SqlState};

use crate::{blocking::Failure, secret::shown_address};

/// How long a server that is asked to cancel a statement may take to hear it.
const GRACE: Duration = Duration::from_secs(2);

/// Connections that are opened when they are needed, kept, and replaced when they broke.
pub(super) struct Sessions {
    connect: Config,
    limit: Duration,
    idle: Mutex<Vec<Client>>,
}

impl Sessions {
    /// Connections on which a statement takes `limit` at most.
    pub(super) fn new(mut connect: Config, limit: Duration) -> Arc<Self> {
        if connect.get_connect_timeout().is_none() {
            connect.connect_timeout(limit);
        }
        Arc::new(Self { connect, limit, idle: Mutex::default() })
    }

    /// Runs a request of so many statements that take long on a connection of its own, which is kept for others when it
    /// is still good. When the time is over the server is asked to stop.
    pub(super) async fn request<T, F, R>(&self, statements: u32, request: R) -> Result<T, Failure>
    where
        F: Future<Output = (Client, Result<T, Failure>)>,
        R: FnOnce(Client) -> F,
    {
        let end = Instant::now() + self.limit.saturating_mul(statements);
        let kept = self.idle().pop().filter(|client| !client.is_closed());
        let client = match kept {
            Some(client) => client,
            None => timeout_at(end, self.open()).await.unwrap_or(Err(Failure::TimedOut))?,
        };
        let cancel = client.cancel_token();
        let Ok((client, answer)) = timeout_at(end, request(client)).await else {
            // A server does not look whether its client is still there before a statement ends.
            drop(timeout(GRACE, cancel.cancel_query(NoTls)).await);
            return Err(Failure::TimedOut);
        };
        // A connection in the middle of a failed transaction is of no use to the next request.
        if answer.is_ok() && !client.is_closed() {
            self.idle().push(client);
        }
        answer
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Client>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn open(&self) -> Result<Client, Failure> {
        let (client, connection) = self.connect.connect(NoTls).await.map_err(failure)?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection to PostgreSQL ended");
            }
        });
        // For the statements of a client that dies.
        let limit = self.limit.as_millis().max(1);
        client.batch_execute(&format!("SET statement_timeout = {limit}")).await.map_err(failure)?;
        Ok(client)
    }
}

/// Hosts and ports, without user and password.
pub(super) fn address(connect: &Config) -> String {
    let hosts = connect.get_hosts().iter().map(|host| match host {
        Host::Tcp(host) => shown_address(host),
        #[cfg(unix)]
        Host::Unix(path) => shown_address(&path.display().to_string()),
    });
    let hosts: Vec<String> = hosts.collect();
    let ports: Vec<String> = connect.get_ports().iter().map(u16::to_string).collect();
    match ports.is_empty() {
        true => hosts.join(","),
        false => format!("{} port {}", hosts.join(","), ports.join(",")),
    }
}

/// Broken connections, and what the server says when it starts, stops or is full, pass; the rest does not.
pub(super) fn failure(error: tokio_postgres::Error) -> Failure {
    match error.code() {
        Some(code) => server_failure(code.clone(), error),
        None => client_failure(error),
    }
}

fn server_failure(code: SqlState, error: tokio_postgres::Error) -> Failure {
    let unencrypted = error.as_db_error().is_some_and(|error| error.message().contains("no encryption"));
    // 08: connections, 40: transactions that others stood in the way of, 57: a server that stops.
    let passing = ["08", "40", "57"].contains(&&code.code()[..2]) || code == SqlState::TOO_MANY_CONNECTIONS;
    match code {
        SqlState::QUERY_CANCELED => Failure::TimedOut,
        SqlState::INVALID_PASSWORD => Failure::Credentials(Box::new(error)),
        SqlState::INVALID_AUTHORIZATION_SPECIFICATION if unencrypted => Failure::Encryption(Box::new(error)),
        _ if passing => Failure::Unreachable(Box::new(error)),
        _ => Failure::Refused(Box::new(error)),
    }
}

/// The client library's errors have no kind that could be asked for, but each kind has one text.
fn client_failure(error: tokio_postgres::Error) -> Failure {
    match error.to_string().as_str() {
        "error performing TLS handshake" => Failure::Encryption(Box::new(error)),
        "authentication error" => Failure::Credentials(Box::new(error)),
        // All else that can be wrong with a config is found when it is read.
        "invalid configuration" if is_about_a_password(&error) => Failure::Credentials(Box::new(error)),
        "error communicating with the server"
        | "connection closed"
        | "error connecting to server"
        | "timeout waiting for server"
        | "unexpected message from server" => Failure::Unreachable(Box::new(error)),
        _ => Failure::Refused(Box::new(error)),
    }
}

fn is_about_a_password(error: &tokio_postgres::Error) -> bool {
    std::error::Error::source(error).is_some_and(|source| source.to_string().contains("password"))
}
