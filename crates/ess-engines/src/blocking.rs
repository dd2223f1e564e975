//! Waiting for a client library that is asynchronous.

use std::{future::Future, sync::mpsc, time::Duration};

use tokio::runtime::Runtime;

use crate::{EngineSettings, Error};

/// A runtime of our own for the requests to one engine, so that callers need none and may have one.
pub(crate) struct Blocking {
    // Dropping a runtime waits for it, which callers' own runtimes do not allow.
    runtime: Option<Runtime>,
    engine: &'static str,
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
    pub(crate) fn run<T, F>(&self, operation: &'static str, request: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, Failure>> + Send + 'static,
    {
        let (sender, receiver) = mpsc::sync_channel(1);
        let timeout = self.timeout;
        let Some(runtime) = &self.runtime else { unreachable!("taken when dropped") };
        runtime.spawn(async move {
            // A receiver that is gone means that nobody waits any more.
            drop(sender.send(tokio::time::timeout(timeout, request).await));
        });
        let (engine, address) = (self.engine, self.address.clone());
        match receiver.recv() {
            Ok(Ok(Ok(answer))) => Ok(answer),
            Ok(Ok(Err(Failure::Unreachable(source)))) => {
                Err(Error::Unreachable { engine, address, operation, source })
            }
            Ok(Ok(Err(Failure::Refused(source)))) => {
                Err(Error::Refused { engine, address, operation, source })
            }
            Ok(Ok(Err(Failure::Other(error)))) => Err(error),
            Ok(Err(_)) => {
                Err(Error::Timeout { engine, address, operation, seconds: self.timeout.as_secs_f64() })
            }
            Err(stopped) => Err(Error::Unreachable { engine, address, operation, source: Box::new(stopped) }),
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

/// How a request failed.
pub(crate) enum Failure {
    /// In passing: trying again may help.
    Unreachable(Box<dyn std::error::Error + Send + Sync>),
    /// For good.
    Refused(Box<dyn std::error::Error + Send + Sync>),
    /// For a reason that this crate found.
    Other(Error),
}
