#![doc = include_str!("../README.md")]

mod cpu;
mod error;
mod exact;
mod file;
mod gaussian;
mod graph;
mod halves;
mod identified;
mod index_file;
mod int8;
mod into_rows;
mod ivf_pq;
mod kernels;
mod kmeans;
mod live_rows;
mod memory_use;
mod passages;
mod progress;
mod rows;
mod sharded;
mod shared;
mod storage;
mod tokens;

pub use error::Error;
pub use ess_files::Opening;
pub use exact::{build::FlatBuilder, index::FlatIndex};
pub use graph::{
    builder::GraphBuilder,
    default_recall::{DefaultRecall, RecallAt},
    index::GraphIndex,
};
pub use identified::{
    index::{IdHit, IdentifiedIndex},
    item_vectors::ItemVectors,
    row_id::RowId,
};
pub use index_file::{Compacted, IndexFile, compact_file, ids, kind, open, open_mapped, verify};
pub use ivf_pq::{builder::IvfPqBuilder, index::IvfPqIndex};
pub use passages::{PassageIndex, PassageRows};
pub use progress::Progress;
pub use sharded::ShardedIndex;
pub use shared::SharedIndex;
pub use storage::Storage;
pub use tokens::{
    builder::CompressedTokensBuilder,
    compressed::CompressedTokens,
    index::TokenIndex,
    index_builder::TokenIndexBuilder,
    muvera::{Muvera, MuveraConfig},
    settings::TokenSearch,
};
