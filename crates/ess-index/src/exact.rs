//! The exact index: every query is compared with every item.

use ess_core::{Capabilities, Embeddings, Hit, Index, MemoryUse, RowSet, SearchParams};
use half::f16;
use rayon::prelude::*;

use crate::cpu::InstructionSet;
use crate::error::Error;
use crate::int8::Int8Items;
use crate::kernels::float::{Element, LANES, PackedQueries, Panels};
use crate::live_rows::LiveRows;
use crate::storage::Storage;

mod best;
mod build;
mod change;
mod stored;

pub use build::FlatBuilder;
pub(crate) use build::into_rows;

use best::Best;

/// Queries that are compared with the items together. More would not fit in the cache; fewer would load the items more often.
const QUERIES_TOGETHER: usize = 256;

/// Bytes of items that several blocks of queries are compared with while the items are in the cache.
const BYTES_IN_CACHE: usize = 256 << 10;

/// Bytes of items in a block that is read once: so many that the work between blocks is small.
const BYTES_READ_ONCE: usize = 1 << 20;

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
    items: Items,
    live: LiveRows,
    instructions: InstructionSet,
}

#[derive(Clone, Debug)]
enum Items {
    F32(Panels<f32>),
    F16(Panels<f16>),
    I8(Int8Items),
}

impl FlatIndex {
    /// Indexes `n × d` items as they are, in [`Storage::F32`], without a copy.
    ///
    /// # Errors
    /// None at present, since [`Embeddings`] are checked when they are made.
    pub fn new(items: Embeddings) -> Result<Self, Error> {
        Self::with_storage(items, Storage::F32)
    }

    /// Indexes `n × d` items in this storage.
    ///
    /// # Errors
    /// [`Error::BeyondStorage`] for a component that the storage cannot hold.
    pub fn with_storage(items: Embeddings, storage: Storage) -> Result<Self, Error> {
        FlatBuilder::new(storage).build(items)
    }

    fn with_items(items: Items, live: LiveRows) -> Self {
        Self { items, live, instructions: InstructionSet::detect() }
    }

    /// The storage of the items.
    pub fn storage(&self) -> Storage {
        match self.items {
            Items::F32(_) => Storage::F32,
            Items::F16(_) => Storage::F16,
            Items::I8(_) => Storage::I8,
        }
    }

    fn search_together<T: Element>(
        &self,
        items: &Panels<T>,
        queries: &[f32],
        k: usize,
        admitted: Option<&RowSet>,
    ) -> Best {
        let count = queries.len() / items.dim();
        let widest = self.instructions.widest_query_block();
        let queries = PackedQueries::new(queries, items.dim(), widest);
        let panels = match admitted {
            // One admitted item in a panel or less: most panels can be skipped.
            Some(admitted) if admitted.len() < items.len() / LANES => 1,
            _ => items.panels_in(if count > widest { BYTES_IN_CACHE } else { BYTES_READ_ONCE }),
        };
        (0..items.blocks(panels))
            .into_par_iter()
            .fold(
                || Best::new(count, k),
                |mut best, index| {
                    let block = items.block(panels, index);
                    let rows = block.first_item..block.first_item + block.items;
                    if admitted.is_none_or(|admitted| admitted.any_in(rows)) {
                        for queries in queries.blocks() {
                            best.offer(self.instructions, &queries, &block, admitted);
                        }
                    }
                    best
                },
            )
            .reduce(|| Best::new(count, k), Best::merge)
    }
}

impl Index for FlatIndex {
    fn dim(&self) -> usize {
        match &self.items {
            Items::F32(items) => items.dim(),
            Items::F16(items) => items.dim(),
            Items::I8(items) => items.dim(),
        }
    }

    fn len(&self) -> usize {
        self.live.len()
    }

    fn rows(&self) -> usize {
        self.live.rows()
    }

    /// As [`Index::search_with`]. An error of one query is the error of the whole call.
    ///
    /// # Errors
    /// As [`Index::search_with`], and [`ess_core::Error::NonFinite`] when a similarity overflows.
    fn search_with(
        &self,
        queries: &Embeddings,
        k: usize,
        params: &SearchParams<'_>,
    ) -> Result<Vec<Vec<Hit>>, ess_core::Error> {
        let k = self.check_search(queries, k)?;
        params.effort.check()?;
        let admitted = self.live.admitted(params.filter);
        let admitted = admitted.as_deref();
        let groups = queries.as_slice().par_chunks(QUERIES_TOGETHER * self.dim()).enumerate();
        let found: Vec<Result<Vec<Vec<Hit>>, ess_core::Error>> = groups
            .map(|(group, queries)| {
                let first = group * QUERIES_TOGETHER;
                match &self.items {
                    Items::F32(items) => self.search_together(items, queries, k, admitted).into_hits(first),
                    Items::F16(items) => self.search_together(items, queries, k, admitted).into_hits(first),
                    Items::I8(items) => items.search(queries, k, admitted, first),
                }
            })
            .collect();
        let mut hits = Vec::with_capacity(queries.len());
        for found in found {
            hits.append(&mut found?);
        }
        Ok(hits)
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            exact: true,
            any_norm: true,
            filter: true,
            add: true,
            remove: true,
            save: true,
            ..Capabilities::default()
        }
    }

    fn memory_use(&self) -> Option<MemoryUse> {
        Some(match &self.items {
            Items::F32(items) => items.memory_use(),
            Items::F16(items) => items.memory_use(),
            Items::I8(items) => items.memory_use(),
        })
    }
}

#[cfg(test)]
mod tests {
    use ess_core::Error::{KOutOfRange, NonFinite};
    use ndarray::{Array2, s};

    use super::*;

    fn wave(n: usize, dim: usize, step: f32) -> Embeddings {
        let number = |(i, j): (usize, usize)| ((i * dim + j) as f32 * step).sin();
        Embeddings::new(Array2::from_shape_fn((n, dim), number)).unwrap()
    }

    #[test]
    fn every_kernel_finds_the_same_items() {
        for storage in [Storage::F32, Storage::F16, Storage::I8] {
            let mut index = FlatIndex::with_storage(wave(1000, 19, 0.7), storage).unwrap();
            let queries = wave(23, 19, 0.3);
            let expected = index.search(&queries, 7).unwrap();
            for instructions in InstructionSet::available() {
                index.instructions = instructions;
                let found = index.search(&queries, 7).unwrap();
                for (found, expected) in found.iter().flatten().zip(expected.iter().flatten()) {
                    assert_eq!(found.item, expected.item, "{instructions:?}");
                    assert!((found.similarity - expected.similarity).abs() < 1e-5, "{instructions:?}");
                }
            }
        }
    }

    #[test]
    fn more_queries_than_go_together() {
        let index = FlatIndex::new(wave(60, 3, 0.9)).unwrap();
        let queries = wave(2 * QUERIES_TOGETHER + 5, 3, 0.2);
        let found = index.search(&queries, 60).unwrap();
        assert_eq!(found.len(), queries.len());
        let last = queries.select(&[queries.len() - 1]).unwrap();
        assert_eq!(found.last(), index.search(&last, 60).unwrap().first());
    }

    #[test]
    fn an_overflow_names_the_first_query_and_item() {
        let mut items = Array2::ones((500, 2));
        items[[99, 0]] = f32::MAX;
        items[[400, 0]] = f32::MAX;
        let index = FlatIndex::new(Embeddings::new(items).unwrap()).unwrap();
        let mut queries = Array2::ones((QUERIES_TOGETHER + 9, 2));
        queries.slice_mut(s![QUERIES_TOGETHER + 3.., 0]).fill(-f32::MAX);
        let error = index.search(&Embeddings::new(queries).unwrap(), 1).unwrap_err();
        let named = matches!(error, NonFinite { row, column: 99, .. } if row == QUERIES_TOGETHER + 3);
        assert!(named, "{error}");
    }

    #[test]
    fn numbers_beyond_f16_are_refused() {
        let items = Embeddings::from_rows(&[[65504.0, 1.0], [1.0, -65536.0]]).unwrap();
        let error = FlatIndex::with_storage(items, Storage::F16).unwrap_err();
        let named = matches!(error, Error::BeyondStorage { item: 1, dimension: 1, value: -65536.0, .. });
        assert!(named, "{error}");
    }

    #[test]
    fn a_matrix_cut_out_of_another_is_indexed_alone() {
        let mut matrix = wave(9, 2, 1.0).into_matrix();
        let expected = matrix.slice(s![4..7, ..]).to_owned();
        matrix.slice_collapse(s![4..7, ..]);
        let index = FlatIndex::new(Embeddings::new(matrix).unwrap()).unwrap();
        assert_eq!(index.len(), 3);
        let hits = index.search(&Embeddings::from_rows(&[[1.0, 0.0]]).unwrap(), 3).unwrap();
        for hit in &hits[0] {
            assert_eq!(hit.similarity, expected[[hit.item, 0]]);
        }
    }

    #[test]
    fn k_of_zero_is_refused_and_beyond_the_items_finds_them_all() {
        let index = FlatIndex::new(wave(3, 2, 1.0)).unwrap();
        assert!(matches!(index.search(&wave(1, 2, 1.0), 0), Err(KOutOfRange { k: 0, len: 3 })));
        let all = index.search(&wave(1, 2, 1.0), usize::MAX).unwrap();
        assert_eq!(all, index.search(&wave(1, 2, 1.0), 3).unwrap());
        assert_eq!(all[0].len(), 3);
    }
}
