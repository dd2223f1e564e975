//! Waiting for a client that is asynchronous.

use std::{
    future::Future,
    io,
    sync::{Arc, Mutex, mpsc},
};

use object_store::Error as StoreError;
use tokio::runtime::Runtime;

use super::failure::Failure;

tokio::task_local! {
    /// What the answers of the request that this task waits for meant; the last counts.
    static SEEN: Arc<Seen>;
}

#[derive(Default)]
struct Seen(Mutex<Option<Failure>>);

impl Seen {
    fn set(&self, failure: Option<Failure>) {
        // A value that is replaced whole is good after a panic too.
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = failure;
    }

    fn take(&self) -> Option<Failure> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take()
    }
}

/// Notes what the last answer meant: `None` for success.
pub(super) fn note(failure: Option<Failure>) {
    // Outside of a request nobody asks.
    let _ = SEEN.try_with(|seen| seen.set(failure));
}

/// A runtime of our own for the requests to one store, so that callers need none and may have one.
pub(super) struct Waiting {
    // Dropping a runtime waits for it, which callers' own runtimes do not allow.
    runtime: Option<Runtime>,
}

impl Waiting {
    pub(super) fn new() -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("ess-objects")
            .enable_time()
            .build()?;
        Ok(Self { runtime: Some(runtime) })
    }

    /// Runs a request to its end; the client keeps to its time itself.
    pub(super) fn run<T, F>(&self, request: F) -> Result<T, Failure>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, StoreError>> + Send + 'static,
    {
        let (sender, receiver) = mpsc::sync_channel(1);
        let seen = Arc::new(Seen::default());
        let Some(runtime) = &self.runtime else { unreachable!("taken when dropped") };
        runtime.spawn(SEEN.scope(seen.clone(), async move {
            // A receiver that is gone means that nobody waits any more.
            drop(sender.send(request.await));
        }));
        match receiver.recv() {
            Ok(answer) => answer.map_err(|error| Failure::of(&error, seen.take())),
            Err(_) => Err(Failure::Refused("its client stopped".to_owned())),
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
