//! Where items are kept in PostgreSQL, as data.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};
use tokio_postgres::Config;

use super::connection::without_secrets;
use crate::{
    collection_name::CollectionName,
    error::Error,
    secret::{self, HIDDEN},
};

/// What errors call this engine.
pub(super) const NAME: &str = "PostgreSQL";
/// Candidates of a graph search when the caller names none: pgvector's own default.
pub(super) const CANDIDATES: usize = 40;
/// The largest dimension of pgvector's `vector`.
const MAX_DIM: usize = 16_000;
/// The largest dimension of a `vector` in an index.
const MAX_INDEXED_DIM: usize = 2_000;

/// Where items are kept in PostgreSQL.
///
/// ```
/// use ess_engines::{Hnsw, PgVectorConfig};
///
/// let config = PgVectorConfig::new("host=localhost user=postgres", "papers".parse()?, 384);
/// let approximate = PgVectorConfig { hnsw: Some(Hnsw::default()), ..config };
/// assert!(approximate.check().is_ok());
/// # Ok::<(), ess_engines::Error>(())
/// ```
///
/// The password and, of a URL, the user part are read but neither written nor shown: give them again to a config that was
/// saved.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PgVectorConfig {
    /// How to connect: `host=… port=… user=… password=… dbname=…`, or a `postgresql://` URL. Connections are not
    /// encrypted: give a host that is local or reached through a tunnel.
    #[serde(deserialize_with = "secret::read", serialize_with = "write")]
    pub connection: String,
    /// The table; created when it is not there.
    pub table: CollectionName,
    /// The dimension of the items: 1 to 16 000, with a graph at most 2000.
    pub dim: usize,
    /// The graph that answers approximately; without one every search is exact. Over items that are there already it is
    /// built when the table is opened, which must not take longer than the time limit. Default: none.
    #[serde(default)]
    pub hnsw: Option<Hnsw>,
}

/// pgvector's graph (HNSW: Malkov and Yashunin 2016), over inner products.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Hnsw {
    /// Links of a node on a layer, 2 to 100. Default: 16.
    pub m: usize,
    /// Candidates kept while building, at least twice `m` and at most 1000. Default: 64.
    pub ef_construction: usize,
}

impl Default for Hnsw {
    fn default() -> Self {
        Self { m: 16, ef_construction: 64 }
    }
}

impl PgVectorConfig {
    /// A table of items with `dim` components, searched exactly.
    pub fn new(connection: impl Into<String>, table: CollectionName, dim: usize) -> Self {
        Self { connection: connection.into(), table, dim, hnsw: None }
    }

    /// The connection string, read. What is wrong with it is said without repeating any of it.
    pub(super) fn connect(&self) -> Result<Config, Error> {
        self.connection.parse().map_err(|error: tokio_postgres::Error| {
            let reason = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
            let found = match reason.starts_with("invalid value for option") {
                true => reason,
                false => format!("{HIDDEN}: options that are unknown, or values that need quotes"),
            };
            Error::Config { name: "connection", expected: "key=value pairs or a URL, as libpq takes", found }
        })
    }

    /// Refuses what pgvector cannot do.
    ///
    /// # Errors
    /// [`Error::Config`] with the setting's name.
    pub fn check(&self) -> Result<(), Error> {
        let refuse =
            |name, expected, found: usize| Err(Error::Config { name, expected, found: found.to_string() });
        if self.dim == 0 || self.dim > MAX_DIM {
            return refuse("dim", "1 to 16000", self.dim);
        }
        let Some(hnsw) = self.hnsw else { return Ok(()) };
        if self.dim > MAX_INDEXED_DIM {
            return refuse("dim", "at most 2000 with a graph", self.dim);
        }
        if !(2..=100).contains(&hnsw.m) {
            return refuse("m", "2 to 100", hnsw.m);
        }
        if !(2 * hnsw.m..=1000).contains(&hnsw.ef_construction) {
            return refuse("ef_construction", "twice m to 1000", hnsw.ef_construction);
        }
        Ok(())
    }
}

fn write<S: Serializer>(connection: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&without_secrets(connection))
}

impl fmt::Debug for PgVectorConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PgVectorConfig")
            .field("connection", &without_secrets(&self.connection))
            .field("table", &self.table)
            .field("dim", &self.dim)
            .field("hnsw", &self.hnsw)
            .finish()
    }
}
