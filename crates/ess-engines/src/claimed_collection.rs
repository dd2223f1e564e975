//! A collection of an engine without transactions, with the claims on its rows in a second one beside it.

use std::{
    future::Future,
    sync::{Arc, OnceLock},
};

use crate::{
    blocking::{Blocking, Failure},
    collection_name::CollectionName,
    engine::Engine,
    error::Error,
    reservation::{self, ATTEMPTS, Claim, Claims},
};

/// A collection on a server, and the client `C` that reaches it.
pub(crate) struct ClaimedCollection<C> {
    engine: &'static str,
    name: CollectionName,
    client: Arc<C>,
    blocking: Blocking,
    claims_there: OnceLock<()>,
}

impl<C> ClaimedCollection<C> {
    pub(crate) fn new(
        engine: &'static str,
        name: CollectionName,
        client: Arc<C>,
        blocking: Blocking,
    ) -> Self {
        Self { engine, name, client, blocking, claims_there: OnceLock::new() }
    }

    /// The client.
    pub(crate) fn client(&self) -> Arc<C> {
        Arc::clone(&self.client)
    }

    /// The name of the collection of claims, which no [`CollectionName`] can be.
    pub(crate) fn claims_name(&self) -> String {
        format!("{}_CLAIMS", self.name)
    }

    /// As [`Blocking::run`].
    pub(crate) fn run<T, F>(&self, operation: &'static str, request: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, Failure>> + Send + 'static,
    {
        self.blocking.run(operation, request)
    }
}

/// Claims in a collection beside that of the items.
pub(crate) trait ClaimsBeside: Claims {
    /// Makes the collection of claims where there is none. Who only searches needs none.
    fn prepare(&self) -> Result<(), Error>;
}

impl<C> ClaimedCollection<C>
where
    Self: ClaimsBeside,
{
    /// Sets rows aside for `items`, the engine of this collection.
    pub(crate) fn reserve(
        &self,
        items: &impl Engine,
        first_free: usize,
        rows: usize,
    ) -> Result<usize, Error> {
        if self.claims_there.get().is_none() {
            self.prepare()?;
            self.claims_there.get_or_init(|| ());
        }
        let behind_items = |row| match items.any_from(row)? {
            true => Ok(items.extent()?.next_row.max(row)),
            false => Ok(row),
        };
        let contended = || Error::Contended {
            engine: self.engine,
            collection: self.name.to_string(),
            attempts: ATTEMPTS,
        };
        reservation::reserve(self, behind_items, first_free, rows)?.ok_or_else(contended)
    }
}

/// The claims that a server answered, which may be no more than `limit`: with claims left out, rows would be given twice.
pub(crate) fn complete(
    engine: &'static str,
    collection: &str,
    claims: Vec<Claim>,
    limit: usize,
) -> Result<Vec<Claim>, Failure> {
    if claims.len() < limit {
        return Ok(claims);
    }
    let (expected, found) = (format!("fewer than {limit} claims on rows"), "as many or more".to_owned());
    Err(Failure::Other(Error::Collection { engine, collection: collection.to_owned(), expected, found }))
}
