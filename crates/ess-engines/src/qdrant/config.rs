//! Where items are kept in Qdrant, as data.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    collection_name::CollectionName,
    error::Error,
    secret::{self, HIDDEN},
};

/// What errors call this engine.
pub(super) const NAME: &str = "Qdrant";
/// Qdrant's largest dimension.
const MAX_DIM: usize = 65_536;

/// Where items are kept in Qdrant. Runnable at [`Qdrant`](crate::Qdrant).
///
/// `api_key` is read but neither written nor shown: give it again to a config that was saved.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QdrantConfig {
    /// The server's gRPC address, such as `http://localhost:6334`, without user and password.
    #[serde(deserialize_with = "secret::read", serialize_with = "secret::write_address")]
    pub url: String,
    /// Default: none.
    #[serde(default, skip_serializing, deserialize_with = "secret::read_optional")]
    pub api_key: Option<String>,
    /// The collection; created when it is not there.
    pub collection: CollectionName,
    /// The dimension of the items, 1 to 65 536.
    pub dim: usize,
    /// Whether every item is compared, instead of asking Qdrant's graph. Default: no.
    #[serde(default)]
    pub exact: bool,
}

impl QdrantConfig {
    /// A collection of items with `dim` components, searched by its graph.
    pub fn new(url: impl Into<String>, collection: CollectionName, dim: usize) -> Self {
        Self { url: url.into(), api_key: None, collection, dim, exact: false }
    }

    /// Refuses what Qdrant cannot do.
    ///
    /// # Errors
    /// [`Error::Config`] with the setting's name.
    pub fn check(&self) -> Result<(), Error> {
        if !(1..=MAX_DIM).contains(&self.dim) {
            return Err(Error::Config { name: "dim", expected: "1 to 65536", found: self.dim.to_string() });
        }
        if !secret::is_plain_address(&self.url) {
            let expected = "an address without user, query and fragment; `api_key` takes a key";
            let found = format!("{}, and more", secret::shown_address(&self.url));
            return Err(Error::Config { name: "url", expected, found });
        }
        if !self.api_key.as_deref().is_none_or(secret::is_header) {
            let expected = "visible ASCII characters";
            return Err(Error::Config { name: "api_key", expected, found: HIDDEN.to_owned() });
        }
        Ok(())
    }
}

impl fmt::Debug for QdrantConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QdrantConfig")
            .field("url", &secret::shown_address(&self.url))
            .field("api_key", &secret::shown_token(self.api_key.as_ref()))
            .field("collection", &self.collection)
            .field("dim", &self.dim)
            .field("exact", &self.exact)
            .finish()
    }
}
