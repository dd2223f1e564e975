//! The exact index: every query is compared with every item.

use ess_core::{Capabilities, Embeddings, Hit, Index, MemoryUse, RowSet, SearchParams};
use rayon::prelude::*;

use crate::cpu::InstructionSet;
use crate::kernels::float::{element::Element, lanes::LANES, packed_queries::PackedQueries, panels::Panels};

mod best;
pub(crate) mod build;
mod change;
pub(crate) mod index;
mod rough;
mod stored;

use best::Best;
use ess_tiles::Tiles;
use index::{FlatIndex, Items};
use rough::{RoughItems, RoughQueries};

/// Queries that are compared with the items together. More would not fit in the cache; fewer would load the items more often.
const QUERIES_TOGETHER: usize = 256;

/// Bytes of items that several blocks of queries are compared with while the items are in the cache.
const BYTES_IN_CACHE: usize = 256 << 10;

/// Bytes of items in a block that is read once: so many that the work between blocks is small.
const BYTES_READ_ONCE: usize = 1 << 20;

impl FlatIndex {
    fn search_together<T: Element>(
        &self,
        items: &Panels<T>,
        queries: &[f32],
        k: usize,
        admitted: Option<&RowSet>,
    ) -> Best {
        let count = queries.len() / items.dim();
        if let Some(tiles) = self.tiles.filter(|_| rough::gains(count, k, items.len(), admitted)) {
            return search_roughly_first(tiles, self.instructions, items, queries, k, admitted);
        }
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
                    let any = admitted.is_none_or(|admitted| admitted.any_in(rows));
                    if any && count > widest && self.instructions.goes_by_strips::<T>() {
                        best.offer_all(self.instructions, &queries, &block, admitted);
                    } else if any {
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

/// As `search_together`, with the tile unit choosing which items are compared.
fn search_roughly_first<T: Element>(
    tiles: Tiles,
    instructions: InstructionSet,
    items: &Panels<T>,
    queries: &[f32],
    k: usize,
    admitted: Option<&RowSet>,
) -> Best {
    let queries = RoughQueries::new(tiles, queries, items.dim());
    (0..items.blocks(rough::PANELS))
        .into_par_iter()
        .fold(
            || (Best::new(queries.len(), k), RoughItems::new(tiles, &queries)),
            |(mut best, mut rough), index| {
                let block = items.block(rough::PANELS, index);
                if admitted.is_none_or(|some| some.any_in(block.first_item..block.first_item + block.items)) {
                    rough.offer(instructions, &queries, &block, admitted, &mut best);
                }
                (best, rough)
            },
        )
        .map(|(best, _)| best)
        .reduce(|| Best::new(queries.len(), k), Best::merge)
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
        let float = !matches!(self.items, Items::I8(_));
        let roughly = float && self.tiles.is_some() && rough::gains(queries.len(), k, self.rows(), admitted);
        let together = if roughly { rough::QUERIES_TOGETHER } else { QUERIES_TOGETHER };
        let groups = queries.as_slice().par_chunks(together * self.dim()).enumerate();
        let found: Vec<Result<Vec<Vec<Hit>>, ess_core::Error>> = groups
            .map(|(group, queries)| {
                let first = group * together;
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
    use crate::cpu::InstructionSet;
    use crate::error::Error;
    use crate::storage::Storage;

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
    fn more_queries_than_the_tile_unit_takes_together() {
        let index = FlatIndex::new(wave(200, 3, 0.9)).unwrap();
        let queries = wave(rough::QUERIES_TOGETHER + 40, 3, 0.2);
        let found = index.search(&queries, 3).unwrap();
        for row in [0, rough::QUERIES_TOGETHER - 1, rough::QUERIES_TOGETHER, queries.len() - 1] {
            assert_eq!(found[row], index.search(&queries.select(&[row]).unwrap(), 3).unwrap()[0], "{row}");
        }
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
