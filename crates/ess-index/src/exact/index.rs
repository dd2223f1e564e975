//! The exact index: items, in their storage, and which of them are there.

use ess_tiles::Tiles;
use half::f16;

use crate::cpu::InstructionSet;
use crate::int8::Int8Items;
use crate::kernels::float::panels::Panels;
use crate::live_rows::LiveRows;
use crate::storage::Storage;

/// Exact maximum-inner-product search: every query is compared with every item.
///
/// Building takes ownership of the embeddings and reorders them in place. The similarity of a query and an item is one `f32`
/// sum over the dimensions in their order. It is the same in every batch and thread, so hits are identical for any batch size
/// and any number of threads.
///
/// The speed of a batch is limited by arithmetic, that of a single query by memory. Both use rayon's current thread pool.
///
/// Items can be added and removed, and a search can be filtered. A panel of items that admits none is skipped. A removed item
/// keeps its memory until [`compact`](ess_core::MutableIndex::compact).
///
/// ```
/// use ess_core::{Embeddings, Index, RowSet, SearchParams};
/// use ess_index::FlatIndex;
///
/// let index = FlatIndex::new(Embeddings::from_rows(&[[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]])?)?;
/// let query = Embeddings::from_rows(&[[0.0, 2.0]])?;
/// let hits = index.search(&query, 2)?;
/// assert_eq!((hits[0][0].item, hits[0][0].similarity), (2, 2.0));
/// assert_eq!(hits[0][1].item, 1);
///
/// let first_two = RowSet::from_rows(3, [0, 1])?;
/// assert_eq!(index.search_with(&query, 1, &SearchParams::from(&first_two))?[0][0].item, 1);
/// # Ok::<(), ess_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct FlatIndex {
    pub(super) items: Items,
    pub(super) live: LiveRows,
    pub(super) instructions: InstructionSet,
    pub(super) tiles: Option<Tiles>,
}

/// The items in their storage.
#[derive(Clone, Debug)]
pub(super) enum Items {
    F32(Panels<f32>),
    F16(Panels<f16>),
    I8(Int8Items),
}

impl FlatIndex {
    pub(super) fn with_items(items: Items, live: LiveRows) -> Self {
        Self { items, live, instructions: InstructionSet::detect(), tiles: Tiles::detect() }
    }

    /// The storage of the items.
    pub fn storage(&self) -> Storage {
        match self.items {
            Items::F32(_) => Storage::F32,
            Items::F16(_) => Storage::F16,
            Items::I8(_) => Storage::I8,
        }
    }
}
