//! Where items are kept in Qdrant, as data.

use serde::{Deserialize, Serialize};

use crate::{CollectionName, Error};

/// Qdrant's largest dimension.
const LARGEST_DIM: usize = 65_536;

/// Where items are kept in Qdrant. Runnable at [`Qdrant`](crate::Qdrant).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QdrantConfig {
    /// The server's gRPC address, such as `http://localhost:6334`.
    pub url: String,
    /// Default: none.
    #[serde(default)]
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
    /// A collection of `dim` numbers an item, searched by its graph.
    pub fn new(url: impl Into<String>, collection: CollectionName, dim: usize) -> Self {
        Self { url: url.into(), api_key: None, collection, dim, exact: false }
    }

    /// Refuses what Qdrant cannot do.
    ///
    /// # Errors
    /// [`Error::Config`] with the setting's name.
    pub fn check(&self) -> Result<(), Error> {
        match (1..=LARGEST_DIM).contains(&self.dim) {
            true => Ok(()),
            false => Err(Error::Config { name: "dim", expected: "1 to 65536", found: self.dim.to_string() }),
        }
    }
}
