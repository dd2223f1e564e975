#![doc = include_str!("../README.md")]

mod codes;
mod compact_file;
mod cpu;
mod error;
mod file;
mod flat;
mod graph;
mod identified;
mod int8;
mod ivf;
mod ivf_pq;
mod kernel;
mod live_rows;
mod open;
mod passages;
mod pq;
mod progress;
mod refine;
mod rows;
mod sharded;
mod shared;
mod storage;

pub use compact_file::{Compacted, compact_file};
pub use error::Error;
pub use flat::{FlatBuilder, FlatIndex};
pub use graph::{GraphBuilder, GraphIndex};
pub use identified::{IdHit, IdentifiedIndex, RowId};
pub use ivf_pq::{IvfPqBuilder, IvfPqIndex};
pub use open::{IndexFile, Opening, ids, kind, open, open_mapped, verify};
pub use passages::{PassageIndex, PassageRows};
pub use progress::Progress;
pub use sharded::ShardedIndex;
pub use shared::SharedIndex;
pub use storage::Storage;
