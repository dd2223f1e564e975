//! Where items are kept in Milvus, as data.

use std::fmt;

use ess_core::Embeddings;
use serde::{Deserialize, Serialize};

use crate::{
    collection_name::CollectionName,
    error::Error,
    secret::{self, HIDDEN},
};

/// What errors call this engine.
pub(super) const NAME: &str = "Milvus";
/// Milvus' largest dimension.
const MAX_DIM: usize = 32_768;

/// Where items are kept in Milvus. Runnable at [`Milvus`](crate::Milvus).
///
/// `token` is read but neither written nor shown: give it again to a config that was saved.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MilvusConfig {
    /// The server, such as `http://localhost:19530`, without user and password: they are a `token`.
    #[serde(deserialize_with = "secret::read", serialize_with = "secret::write_address")]
    pub uri: String,
    /// An API key, or `user:password`. Default: none.
    #[serde(default, skip_serializing, deserialize_with = "secret::read_optional")]
    pub token: Option<String>,
    /// The collection; created when it is not there.
    pub collection: CollectionName,
    /// The dimension of the items, 1 to 32 768.
    pub dim: usize,
    /// Whether a graph (HNSW) answers approximately; otherwise every item is compared. Default: no.
    #[serde(default)]
    pub hnsw: bool,
}

impl MilvusConfig {
    /// A collection of items with `dim` components, in which every item is compared.
    pub fn new(uri: impl Into<String>, collection: CollectionName, dim: usize) -> Self {
        Self { uri: uri.into(), token: None, collection, dim, hnsw: false }
    }

    /// The dimension in Milvus, which has none below 2: single components get a zero beside them.
    pub(super) fn stored_dim(&self) -> usize {
        self.dim.max(2)
    }

    /// The vectors as Milvus takes them.
    pub(super) fn vectors(&self, embeddings: &Embeddings) -> Vec<Vec<f32>> {
        let stored = |row: &[f32]| {
            let mut vector = row.to_vec();
            vector.resize(self.stored_dim(), 0.0);
            vector
        };
        embeddings.rows().map(stored).collect()
    }

    /// Refuses what Milvus cannot do.
    ///
    /// # Errors
    /// [`Error::Config`] with the setting's name.
    pub fn check(&self) -> Result<(), Error> {
        if !(1..=MAX_DIM).contains(&self.dim) {
            return Err(Error::Config { name: "dim", expected: "1 to 32768", found: self.dim.to_string() });
        }
        if !(self.uri.starts_with("http://") || self.uri.starts_with("https://")) {
            let expected = "an address that starts with http:// or https://";
            return Err(Error::Config { name: "uri", expected, found: secret::shown_address(&self.uri) });
        }
        if !secret::is_plain_address(&self.uri) {
            let expected = "an address without user, query and fragment; `token` takes `user:password`";
            let found = format!("{}, and more", secret::shown_address(&self.uri));
            return Err(Error::Config { name: "uri", expected, found });
        }
        if !self.token.as_deref().is_none_or(secret::is_header) {
            let expected = "visible ASCII characters";
            return Err(Error::Config { name: "token", expected, found: HIDDEN.to_owned() });
        }
        Ok(())
    }
}

impl fmt::Debug for MilvusConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MilvusConfig")
            .field("uri", &secret::shown_address(&self.uri))
            .field("token", &secret::shown_token(self.token.as_ref()))
            .field("collection", &self.collection)
            .field("dim", &self.dim)
            .field("hnsw", &self.hnsw)
            .finish()
    }
}
