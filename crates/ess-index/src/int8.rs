//! Exact search that reads one byte for each component: int8 items with a bound on the rounding error.
//!
//! Of a query `q = q̂ + δq` and an item `x = x̂ + δx`, rounded to `q̂` and `x̂`,
//! `|⟨q, x⟩ − ⟨q̂, x̂⟩| ≤ ‖δq‖ ‖x̂‖ + ‖q‖ ‖δx‖` (Cauchy and Schwarz). The k-th largest lower bound is a threshold: an item whose
//! upper bound is below it cannot be among the k best. The others, some dozens, are compared in `f32`. So hits
//! are those of [`Storage::F32`](crate::Storage::F32), to the bit.

#[cfg(target_arch = "x86_64")]
mod avx2;
mod bounds;
mod candidates;
mod dispatch;
mod offer;
mod packed;
mod panels;
mod portable;
#[cfg(target_arch = "x86_64")]
mod vnni;

use ess_core::{Error, Hit, MemoryUse, RowSet};
use ess_files::{Numbers, Section};
use rayon::prelude::*;

use crate::cpu::InstructionSet;
use crate::file::contents::Contents;
use crate::kernels::float::lanes::LANES;
use crate::memory_use::total;
use crate::rows::Rows;
use bounds::ItemBounds;
use candidates::Candidates;
use packed::PackedBytes;
use panels::BytePanels;

/// Bytes of int8 items that several blocks of queries are compared with while the items are in the cache.
const BYTES_IN_CACHE: usize = 256 << 10;

/// Items in rows and, as int8 codes, in panels.
#[derive(Clone, Debug)]
pub(crate) struct Int8Items {
    rows: Rows,
    panels: BytePanels,
    bounds: ItemBounds,
    instructions: InstructionSet,
}

impl Int8Items {
    /// Quantises row-major items (`n × dim`, whole rows).
    pub(crate) fn from_rows(rows: Vec<f32>, dim: usize) -> Self {
        let mut items = Self {
            rows: Rows::new(Vec::new().into(), dim),
            panels: BytePanels::new(dim),
            bounds: ItemBounds::default(),
            instructions: InstructionSet::detect(),
        };
        items.panels.reserve(rows.len() / dim);
        items.bounds.reserve(rows.len() / dim);
        items.round(&rows);
        items.rows = Rows::new(rows.into(), dim);
        items
    }

    /// Adds row-major items (`n × dim`, whole rows) behind the others.
    pub(crate) fn push(&mut self, rows: &[f32]) {
        self.round(rows);
        self.rows.push(rows);
    }

    fn round(&mut self, rows: &[f32]) {
        let dim = self.rows.dim();
        let mut codes = vec![0_i8; dim];
        for row in rows.chunks_exact(dim) {
            let scale = crate::kernels::codes::quantise::quantise(row, &mut codes);
            self.panels.push(&codes);
            self.bounds.push(row, &codes, scale);
        }
    }

    /// The items at these rows, which exist, in this order.
    pub(crate) fn selected(&self, rows: &[usize]) -> Self {
        Self::from_rows(self.rows.selected(rows), self.dim())
    }

    /// The dimension of each item.
    pub(crate) fn dim(&self) -> usize {
        self.rows.dim()
    }

    /// How much memory the items take.
    pub(crate) fn memory_use(&self) -> MemoryUse {
        total([self.rows.memory_use(), self.panels.memory_use(), self.bounds.memory_use()])
    }

    /// The `k` best of the items admitted for each of several queries, of which the first is `first_query` in errors.
    pub(crate) fn search(
        &self,
        queries: &[f32],
        k: usize,
        admitted: Option<&RowSet>,
        first_query: usize,
    ) -> Result<Vec<Vec<Hit>>, Error> {
        let dim = self.dim();
        let packed = PackedBytes::new(queries, dim, self.instructions.widest_byte_block());
        let panels = self.panels_of_a_block(admitted);
        let none = || -> Vec<Candidates> { queries.chunks_exact(dim).map(|_| Candidates::new(k)).collect() };
        let candidates = (0..self.panels.blocks(panels))
            .into_par_iter()
            .fold(none, |mut candidates, block| {
                self.offer(&packed, queries, (panels, block), admitted, &mut candidates);
                candidates
            })
            .reduce(none, |a, b| a.into_iter().zip(b).map(|(a, b)| a.merge(b)).collect());
        let finished = candidates.into_par_iter().zip(queries.par_chunks_exact(dim));
        let hits: Vec<_> = finished.map(|(candidates, query)| candidates.finish(&self.rows, query)).collect();
        let named = |(query, hits): (usize, Result<Vec<Hit>, (usize, f32)>)| {
            let what = "similarity of query (row) and item (column)";
            hits.map_err(|(column, value)| Error::NonFinite { what, row: first_query + query, column, value })
        };
        hits.into_iter().enumerate().map(named).collect()
    }

    /// How many panels are compared with all queries while they are in the cache; with fewer items admitted than there are
    /// panels, one, since most of them can be skipped.
    fn panels_of_a_block(&self, admitted: Option<&RowSet>) -> usize {
        let narrow = admitted.is_some_and(|admitted| admitted.len() < self.rows.len() / LANES);
        if narrow { 1 } else { self.panels.panels_in(BYTES_IN_CACHE) }
    }

    /// Offers a block of items to every query.
    fn offer(
        &self,
        packed: &PackedBytes,
        queries: &[f32],
        (panels, block): (usize, usize),
        admitted: Option<&RowSet>,
        candidates: &mut [Candidates],
    ) {
        let (items, bytes) = self.panels.block(panels, block);
        if admitted.is_some_and(|admitted| !admitted.any_in(items.clone())) {
            return;
        }
        let padded = bytes.len() / self.panels.stride();
        let mut products = vec![0; padded * self.instructions.widest_byte_block()];
        for block in packed.blocks() {
            let products = &mut products[..padded * block.width];
            self.instructions.panel_products(bytes, &block, products);
            for (j, products) in products.chunks_exact(padded).enumerate() {
                let query = block.first + j;
                let dim = self.dim();
                candidates[query].offer(&offer::Offer {
                    products: &products[..items.len()],
                    items: self.bounds.of(items.clone()),
                    first_item: items.start,
                    query: packed.bound(query),
                    admitted,
                    rows: &self.rows,
                    vector: &queries[query * dim..(query + 1) * dim],
                    instructions: self.instructions,
                });
            }
        }
    }

    /// How a file keeps the items.
    pub(crate) fn sections(&self) -> Vec<Section<'_>> {
        let rows = Section::new("rows", &[self.rows.numbers()]);
        let panels = Section::new("byte_panels", &self.panels.parts());
        [rows, panels].into_iter().chain(self.bounds.sections()).collect()
    }

    /// What [`Int8Items::sections`] kept; `None` when the sizes overflow.
    pub(crate) fn from_contents(
        rows: usize,
        dim: usize,
        contents: &Contents,
    ) -> Result<Option<Self>, crate::error::Error> {
        let (Some(numbers), Some(bytes)) = (rows.checked_mul(dim), BytePanels::size(rows, dim)) else {
            return Ok(None);
        };
        let panels: Numbers<i8> = contents.numbers("byte_panels", Some(bytes))?;
        Ok(Some(Self {
            rows: Rows::new(contents.numbers("rows", Some(numbers))?, dim),
            panels: BytePanels::from_parts(panels, rows, dim),
            bounds: ItemBounds::from_contents(rows, contents)?,
            instructions: InstructionSet::detect(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use ess_core::{Embeddings, Index};

    use super::*;
    use crate::exact::index::FlatIndex;

    fn wave(n: usize, dim: usize, step: f32) -> Vec<f32> {
        (0..n * dim).map(|i| (i as f32 * step).sin() * (1.0 + (i / dim) as f32 * 0.01)).collect()
    }

    #[test]
    fn every_kernel_gives_the_hits_of_the_exact_index() {
        for (n, dim) in [(1, 1), (100, 7), (700, 64), (1000, 129)] {
            let (items, queries) = (wave(n, dim, 0.7), wave(19, dim, 0.37));
            let exact = FlatIndex::new(Embeddings::from_vec(items.clone(), dim).unwrap()).unwrap();
            let k = 9.min(n);
            let expected = exact.search(&Embeddings::from_vec(queries.clone(), dim).unwrap(), k).unwrap();
            let mut int8 = Int8Items::from_rows(items, dim);
            for instructions in InstructionSet::available() {
                int8.instructions = instructions;
                assert_eq!(int8.search(&queries, k, None, 0).unwrap(), expected, "{instructions:?}");
            }
        }
    }

    #[test]
    fn items_that_all_tie_are_found_in_their_order() {
        let items = vec![0.5; 20_000 * 3];
        let int8 = Int8Items::from_rows(items, 3);
        let hits = int8.search(&[1.0, 2.0, 3.0, 0.0, -1.0, 4.0], 5, None, 0).unwrap();
        let expected = |similarity| -> Vec<Hit> { (0..5).map(|item| Hit::new(item, similarity)).collect() };
        assert_eq!(hits, [expected(3.0), expected(1.5)]);
    }

    #[test]
    fn bounds_hold_when_numbers_are_huge_or_tiny() {
        for factor in [1e-38_f32, 1e-20, 1e18] {
            let items: Vec<f32> = wave(300, 8, 0.7).iter().map(|x| x * factor).collect();
            let queries: Vec<f32> = wave(7, 8, 0.3).iter().map(|x| x * 1e18).collect();
            let exact = FlatIndex::new(Embeddings::from_vec(items.clone(), 8).unwrap()).unwrap();
            let expected = exact.search(&Embeddings::from_vec(queries.clone(), 8).unwrap(), 10).unwrap();
            let found = Int8Items::from_rows(items, 8).search(&queries, 10, None, 0).unwrap();
            assert_eq!(found, expected, "{factor}");
        }
    }

    #[test]
    fn an_overflow_is_named_by_its_query_and_its_item() {
        let int8 = Int8Items::from_rows(vec![1.0, 1e30, 2.0], 1);
        let error = int8.search(&[1.0, 1e30], 1, None, 10).unwrap_err();
        assert!(matches!(error, Error::NonFinite { row: 11, column: 1, .. }), "{error:?}");
    }

    #[test]
    fn items_added_and_items_selected_are_as_items_built() {
        let (items, queries) = (wave(90, 3, 0.7), wave(2, 3, 0.37));
        let built = Int8Items::from_rows(items.clone(), 3);
        let mut added = Int8Items::from_rows(items[..50 * 3].to_vec(), 3);
        added.push(&items[50 * 3..]);
        let all = built.selected(&Vec::from_iter(0..90));
        let expected = built.search(&queries, 10, None, 0).unwrap();
        for same in [added, all] {
            assert_eq!((same.dim(), same.panels.parts()), (3, built.panels.parts()));
            assert_eq!(same.search(&queries, 10, None, 0).unwrap(), expected);
        }
        let reversed = built.selected(&Vec::from_iter((0..90).rev())).search(&queries, 1, None, 0).unwrap();
        assert_eq!(reversed[0][0].item, 89 - expected[0][0].item);
    }

    #[test]
    fn admitted_items_alone_are_found_in_every_block() {
        let (count, dim, k) = (700, 4, 5);
        let int8 = Int8Items::from_rows(wave(count, dim, 0.7), dim);
        let queries = wave(3, dim, 0.37);
        let all = int8.search(&queries, count, None, 0).unwrap();
        // Few, many, and none of the last panels.
        let filters: [fn(usize) -> bool; 3] = [|row| row % 97 == 5, |row| row % 3 == 1, |row| row < 100];
        for admits in filters {
            let admitted = RowSet::from_predicate(count, admits);
            let first_admitted = |hits: &Vec<Hit>| -> Vec<Hit> {
                hits.iter().filter(|hit| admits(hit.item)).take(k).copied().collect()
            };
            let expected: Vec<Vec<Hit>> = all.iter().map(first_admitted).collect();
            assert_eq!(int8.search(&queries, k, Some(&admitted), 0).unwrap(), expected);
        }
    }

    #[test]
    fn blocks_fill_the_cache_unless_most_panels_can_be_skipped() {
        // Three panels of 48 · 8 bytes.
        let int8 = Int8Items::from_rows(vec![1.0; (3 * LANES + 5) * 8], 8);
        let panels = |count| int8.panels_of_a_block(Some(&RowSet::from_predicate(200, |row| row < count)));
        assert_eq!([0, 2, 3, 4, 5, 100].map(panels), [1, 1, 682, 682, 682, 682]);
        assert_eq!(int8.panels_of_a_block(None), 682);
    }

    #[test]
    fn memory_is_that_of_rows_codes_and_bounds() {
        let int8 = Int8Items::from_rows(vec![1.0; 50 * 3], 3);
        let (rows, codes, bounds) = (50 * 3 * size_of::<f32>(), 2 * LANES * 4, 3 * 50 * size_of::<f32>());
        let owned = int8.memory_use().owned;
        assert_eq!(owned, rows + codes + bounds);
        let parts = [int8.rows.memory_use(), int8.panels.memory_use(), int8.bounds.memory_use()];
        assert_eq!(owned, parts.iter().map(|part| part.owned).sum::<usize>());
    }

    #[test]
    fn query_bounds_are_those_of_the_packed_query() {
        let packed = PackedBytes::new(&[3.0, -4.0], 2, 1);
        let bound = packed.bound(0);
        assert!(bound.norm >= 5.0 && bound.norm < 5.001);
    }
}
