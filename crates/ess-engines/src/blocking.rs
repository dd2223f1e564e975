//! Waiting for a client library that is asynchronous.

use std::{future::Future, sync::mpsc, time::Duration};

use tokio::runtime::Runtime;

use crate::{error::Error, settings::EngineSettings};

/// A runtime of our own for the requests to one engine, so that callers need none and may have one.
pub(crate) struct Blocking {
    // Dropping a runtime waits for it, which callers' own runtimes do not allow.
    runtime: Option<Runtime>,
    engine: &'static str,
    // Without secrets.
    address: String,
    timeout: Duration,
}

impl Blocking {
    pub(crate) fn new(
        engine: &'static str,
        address: String,
        settings: &EngineSettings,
    ) -> Result<Self, Error> {
        settings.check()?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.map_err(|error| Error::Unreachable {
            engine,
            address: address.clone(),
            operation: "start",
            source: Box::new(error),
        })?;
        let timeout = Duration::from_secs_f64(settings.timeout);
        Ok(Self { runtime: Some(runtime), engine, address, timeout })
    }

    pub(crate) fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Runs a request to its end, or to the end of the time it may take.
    #[cfg(any(feature = "milvus", feature = "qdrant"))]
    pub(crate) fn run<T, F>(&self, operation: &'static str, request: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, Failure>> + Send + 'static,
    {
        let timeout = self.timeout;
        self.run_to_end(operation, async move {
            tokio::time::timeout(timeout, request).await.unwrap_or(Err(Failure::TimedOut))
        })
    }

    /// Runs a request that keeps to its time itself.
    pub(crate) fn run_to_end<T, F>(&self, operation: &'static str, request: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, Failure>> + Send + 'static,
    {
        let (sender, receiver) = mpsc::sync_channel(1);
        let Some(runtime) = &self.runtime else { unreachable!("taken when dropped") };
        runtime.spawn(async move {
            // A receiver that is gone means that nobody waits any more.
            drop(sender.send(request.await));
        });
        match receiver.recv() {
            Ok(answer) => answer.map_err(|failure| self.error(operation, failure)),
            Err(stopped) => Err(self.error(operation, Failure::Unreachable(Box::new(stopped)))),
        }
    }

    fn error(&self, operation: &'static str, failure: Failure) -> Error {
        let (engine, address) = (self.engine, self.address.clone());
        match failure {
            Failure::Unreachable(source) => Error::Unreachable { engine, address, operation, source },
            Failure::Refused(source) => Error::Refused { engine, address, operation, source },
            Failure::Credentials(source) => Error::Credentials { engine, address, operation, source },
            #[cfg(feature = "pgvector")]
            Failure::Encryption(source) => Error::Encryption { engine, address, operation, source },
            Failure::TimedOut => {
                Error::Timeout { engine, address, operation, seconds: self.timeout.as_secs_f64() }
            }
            Failure::Other(error) => error,
        }
    }
}

impl Drop for Blocking {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// How a request failed.
pub(crate) enum Failure {
    /// In passing: trying again may help.
    Unreachable(Cause),
    /// In passing: it took too long.
    TimedOut,
    /// For good.
    Refused(Cause),
    /// For good: the user, the password or the token was not accepted.
    Credentials(Cause),
    /// For good: the server wants TLS.
    #[cfg(feature = "pgvector")]
    Encryption(Cause),
    /// For a reason that this crate found.
    Other(Error),
}
