//! A server that is killed and started again while items come in.

use std::{thread, time::Duration};

use ess_core::{Embeddings, Error as CoreError, Index};
use ess_engines::{Engine, EngineIndex, EngineSettings, Error};

use super::{items, settings};

/// A server of the tests' own, with collections that outlive it.
pub(crate) trait Restarts {
    type Engine: Engine + 'static;
    type Config: Clone;

    /// Kills it, if it runs, as a power cut would.
    fn kill(&mut self);

    /// Kills it, if it runs, and starts it again.
    fn restart(&mut self);

    /// A collection that no other test has.
    fn config(&self, dim: usize) -> Self::Config;

    /// Sends a signal to it.
    fn signal(&self, name: &str);

    /// The collection, made if it is not there.
    fn open_with(
        &self,
        config: &Self::Config,
        settings: &EngineSettings,
    ) -> Result<EngineIndex<Self::Engine>, Error>;

    /// The same, with patience.
    fn open(&self, config: &Self::Config) -> Result<EngineIndex<Self::Engine>, Error> {
        self.open_with(config, &settings())
    }
}

/// Stores half of `n` items, fails while the server is down, goes on through a restart after `pause`, and finds
/// each item once.
pub(crate) fn a_restart_loses_and_doubles_nothing<S: Restarts>(server: &mut S, n: usize, pause: Duration) {
    let (all, config) = (items(n), server.config(8));
    let index = server.open(&config).unwrap();
    index.store(0, &part(&all, 0, n / 2)).unwrap();
    server.kill();
    let Err(Error::Interrupted { stored_until: 0, source, .. }) = index.store(0, &all) else {
        panic!("a server that is down was written to");
    };
    assert!(source.is_transient(), "{source}");
    assert!(matches!(index.search(&items(1), 3), Err(CoreError::External(_))));
    server.restart();
    let whole = all.clone();
    let writing = thread::spawn(move || store_through_failures(&index, &whole));
    thread::sleep(pause);
    server.restart();
    writing.join().unwrap();
    let reopened = server.open(&config).unwrap();
    assert_eq!((reopened.len(), reopened.rows()), (n, n));
    let fresh = server.open(&server.config(8)).unwrap();
    fresh.store(0, &all).unwrap();
    assert_eq!(reopened.search(&items(5), 20).unwrap(), fresh.search(&items(5), 20).unwrap());
}

fn store_through_failures<E: Engine>(index: &EngineIndex<E>, all: &Embeddings) {
    let mut from = 0;
    for attempt in 0.. {
        match index.store(from, &part(all, from, all.len())) {
            Ok(()) => break,
            Err(Error::Interrupted { stored_until, .. }) if attempt < 50 => from = stored_until,
            Err(error) => panic!("{error:?}"),
        }
    }
}

fn part(items: &Embeddings, from: usize, to: usize) -> Embeddings {
    items.select(&(from..to).collect::<Vec<_>>()).unwrap()
}
