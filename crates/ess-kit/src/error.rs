//! What can go wrong between files, judgements and modules.

use std::path::PathBuf;

use ess_data::EmbeddingStore;

/// The error of this crate: what it refuses itself, and the errors of the crates that it brings together.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A folder without the embeddings of items or of queries.
    #[error(
        "{path}: No such file; expected a folder with corpus.safetensors and queries.safetensors (`write_store`, or the \
         commands `ess encode` and `ess import`, write them), found {found}",
        path = path.display()
    )]
    NoStore {
        /// The file that is missing.
        path: PathBuf,
        /// What the folder has.
        found: String,
    },
    /// A query or an item without an embedding.
    #[error(
        "unknown {what} id {id:?} among the {len} ids of the embeddings, such as {known:?}; encode it, or leave out \
         what has no embedding (`Dataset::allow_missing`, on the command line --allow-missing)"
    )]
    UnknownId {
        /// "query" or "item".
        what: &'static str,
        /// The id.
        id: String,
        /// How many ids the embeddings have.
        len: usize,
        /// One of them.
        known: String,
    },
    /// No judgement is left to train or measure with.
    #[error(
        "expected at least one judged query with an embedding and a positive item that has one, found 0 among {found} \
         judged queries, such as {example:?}; the embeddings have queries such as {query:?} and items such as {item:?}"
    )]
    NothingJudged {
        /// How many queries are judged.
        found: usize,
        /// One of them; empty where none is.
        example: String,
        /// A query that has an embedding.
        query: String,
        /// An item that has an embedding.
        item: String,
    },
    /// A file of judgements that does not fit the embeddings.
    #[error("{path} does not fit the embeddings", path = path.display())]
    Judgements {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        #[source]
        cause: Box<Error>,
    },
    /// A file of judgements that cannot be cut into train and dev.
    #[error("{path} cannot be cut into train and dev", path = path.display())]
    NotCut {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        cause: Box<Error>,
    },
    /// Queries that were encoded without the states of their tokens.
    #[error(
        "{path} has no token states, which this kind of module reads: `encode --states LAYER` writes them",
        path = path.display()
    )]
    NoTokenStates {
        /// The file.
        path: PathBuf,
    },
    /// Token states of items and queries that are of different layers of the encoder.
    #[error(
        "{path}: token states of items are of layer {found:?}, those of queries of layer {expected:?}; encode both anew with \
         the same layer",
        path = path.display()
    )]
    TokenLayers {
        /// The folder.
        path: PathBuf,
        /// The layer of the queries.
        expected: Option<Vec<usize>>,
        /// The layer of the items.
        found: Option<Vec<usize>>,
    },
    /// Passages that are not those of the items.
    #[error("{path}: {cause}", path = path.display())]
    Passages {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        cause: ess_core::Error,
    },
    /// Something that a feature of this crate brings, and the feature is off.
    #[error(
        "{what} needs the feature {feature:?} of ess-kit, which is off; turn it on in Cargo.toml: ess-kit = {{ version = \
         {version:?}, features = [{feature:?}] }}",
        version = env!("CARGO_PKG_VERSION")
    )]
    FeatureOff {
        /// What was asked for.
        what: String,
        /// The feature that has it.
        feature: &'static str,
    },
    /// A name that is no device's.
    #[error("expected cpu, wgpu, wgpu:N or auto, found {found}")]
    UnknownDevice {
        /// The name.
        found: String,
    },
    /// A device that this machine does not have.
    #[error(
        "{name}: no such device; expected one of [{found}]. A GPU needs a driver for Vulkan, Metal or Direct3D 12 (on Debian, \
         mesa-vulkan-drivers and libvulkan1; for NVIDIA its own driver); the CPU needs none"
    )]
    NoDevice {
        /// The name that was asked for.
        name: String,
        /// Those that there are.
        found: String,
    },
    /// A kind of module that comes another way.
    #[error("{found} is no searching module over {expected}; it comes by {by}")]
    OtherModule {
        /// What the module was to read.
        expected: &'static str,
        /// The kind that came.
        found: String,
        /// How it is made or loaded.
        by: &'static str,
    },
    /// A folder without a saved searching module right below it.
    #[error(
        "{path}: expected folders of searching modules, as `ess train --out {path}/NAME` writes them, found {found}",
        path = path.display()
    )]
    NoModules {
        /// The folder.
        path: PathBuf,
        /// What came of looking.
        found: String,
    },
    /// The report of a training run that cannot be read.
    #[error("{path}: expected the report of a training run as JSON, found {found}", path = path.display())]
    Report {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        found: String,
    },
    /// Embeddings, ids or dimensions that do not fit.
    #[error(transparent)]
    Core(#[from] ess_core::Error),
    /// A file that cannot be read or is not what it should be.
    #[error(transparent)]
    Data(#[from] ess_data::Error),
    /// Building an index failed.
    #[error(transparent)]
    Index(#[from] ess_index::Error),
    /// Measuring failed.
    #[error(transparent)]
    Metrics(#[from] ess_metrics::Error),
    /// A searching module failed.
    #[cfg(feature = "search")]
    #[error(transparent)]
    Search(#[from] ess_search::Error),
    /// Training failed.
    #[cfg(feature = "train")]
    #[error(transparent)]
    Train(#[from] ess_train::Error),
}

impl Error {
    pub(crate) fn unknown_query(id: &str, store: &EmbeddingStore) -> Self {
        Self::unknown("query", id, store.ids())
    }

    pub(crate) fn unknown(what: &'static str, id: &str, ids: &ess_core::Ids) -> Self {
        let known = ids.get(0).unwrap_or_default().to_owned();
        Self::UnknownId { what, id: id.to_owned(), len: ids.len(), known }
    }
}
