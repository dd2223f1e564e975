//! Large batches on a processor with a tile unit: similarities of numbers rounded to bfloat16 say which may be among the best.
//!
//! A bfloat16 number has 8 significant bits, so that a product of two rounded ones errs by 2⁻⁸ and a little. By Cauchy and
//! Schwarz a similarity errs by at most that part of the product of the norms. What may reach a query's k-th best similarity
//! is compared by the kernel of every other search, so that hits are the same to the bit.

use ess_core::RowSet;
use ess_tiles::{BLOCK_COLUMNS, Matrix, PanelColumns, Parts, Rows, Tiles};

use super::best::Best;
use crate::{
    cpu::InstructionSet,
    kernels::float::{element::Element, lanes::LANES, packed_queries::PackedQueries, panels::PanelBlock},
};

/// From so many queries on, rounding the items takes less time than it saves.
const MIN_QUERIES: usize = 32;

/// With more hits than one for so many items, nearly every panel has one of the best.
const MIN_ITEMS_A_HIT: usize = 64;

/// With more hits, what is kept for so many queries takes much memory.
const MAX_HITS: usize = 1000;

/// Queries that are compared together: rounded, they stay in the second-level cache.
pub(super) const QUERIES_TOGETHER: usize = 1024;

/// Panels that are rounded together: their columns fill whole blocks.
pub(super) const PANELS: usize = 2;

/// Beyond it a similarity of `f32` may overflow.
const MAX_SIMILARITY: f64 = 1e37;

/// Beyond it a number may be rounded to infinity.
const MAX_NORM: f64 = 3e38;

/// Whether rounded products are likely to save time.
pub(super) fn gains(queries: usize, k: usize, items: usize, admitted: Option<&RowSet>) -> bool {
    // One admitted item in a panel or less: most panels are skipped.
    let dense = admitted.is_none_or(|admitted| admitted.len() >= items / LANES);
    dense && queries >= MIN_QUERIES && k <= MAX_HITS && k.saturating_mul(MIN_ITEMS_A_HIT) <= items
}

/// Queries, as they are and rounded.
pub(super) struct RoughQueries<'q> {
    rounded: Rows,
    values: &'q [f32],
    dim: usize,
    /// What an item's norm is multiplied with for the most that its similarity errs by.
    errors: Vec<f32>,
    /// The norm of an item beyond which a similarity may overflow.
    largest: Vec<f32>,
}

impl<'q> RoughQueries<'q> {
    /// Rounds row-major queries.
    pub(super) fn new(tiles: Tiles, values: &'q [f32], dim: usize) -> Self {
        // Two roundings to 8 bits, and two sums in f32: that of rounded products, and the exact one's own.
        let part = 1.01 / 256.0 + 8.0 * (dim + 16) as f64 * f64::from(f32::EPSILON);
        // The smallest numbers may lose all their bits.
        let norm = |query: &[f32]| query.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>().sqrt().max(1e-15);
        let norms = Vec::from_iter(values.chunks_exact(dim).map(norm));
        Self {
            rounded: tiles.rows(Matrix::dense(values, dim), Parts::Single),
            values,
            dim,
            errors: norms.iter().map(|norm| (part * norm) as f32).collect(),
            largest: norms.iter().map(|&norm| largest_trusted(norm)).collect(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.errors.len()
    }

    /// What the rounded similarity of an item with such a norm has at least, if the item is to reach a threshold. All reach it
    /// where a similarity may overflow.
    #[inline]
    fn least(&self, query: usize, norm: f32, threshold: f32) -> f32 {
        // A norm may be no number.
        let trusted = norm <= self.largest[query];
        if !trusted {
            return f32::NEG_INFINITY;
        }
        threshold - self.errors[query] * norm - threshold.abs() * 1e-6
    }
}

/// The memory for some panels of items, which is used again and again.
pub(super) struct RoughItems {
    columns: PanelColumns,
    widened: Vec<f32>,
    /// For each query which panels may have one of its best items.
    wanted: Vec<[bool; PANELS]>,
    which: Vec<usize>,
    chosen: Vec<f32>,
}

impl RoughItems {
    pub(super) fn new(tiles: Tiles, queries: &RoughQueries<'_>) -> Self {
        Self {
            columns: PanelColumns::new(tiles, queries.dim, LANES),
            widened: Vec::new(),
            wanted: vec![[false; PANELS]; queries.len()],
            which: Vec::new(),
            chosen: Vec::new(),
        }
    }

    /// Compares all queries with those of at most [`PANELS`] panels that may have one of their best items.
    pub(super) fn offer<T: Element>(
        &mut self,
        instructions: InstructionSet,
        queries: &RoughQueries<'_>,
        block: &PanelBlock<'_, T>,
        admitted: Option<&RowSet>,
        best: &mut Best,
    ) {
        self.columns.fill(T::widened(block.values, &mut self.widened));
        self.find_wanted(queries, best);
        for (panel, values) in block.values.chunks_exact(queries.dim * LANES).enumerate() {
            self.which.clear();
            self.chosen.clear();
            for (query, _) in self.wanted.iter().enumerate().filter(|(_, wanted)| wanted[panel]) {
                self.which.push(query);
                self.chosen.extend_from_slice(&queries.values[query * queries.dim..][..queries.dim]);
            }
            let first_item = block.first_item + panel * LANES;
            let items = LANES.min(block.items - panel * LANES);
            let block = PanelBlock { first_item, items, values };
            let packed = PackedQueries::new(&self.chosen, queries.dim, instructions.widest_query_block());
            for queries in packed.blocks() {
                best.offer_those(&self.which, instructions, &queries, &block, admitted);
            }
        }
    }

    fn find_wanted(&mut self, queries: &RoughQueries<'_>, best: &Best) {
        let Self { columns, wanted, .. } = self;
        wanted.fill([false; PANELS]);
        let norms = columns.norms();
        columns.multiply(&queries.rounded, |products| {
            let norms = &norms[products.first_column..];
            let largest = norms.iter().take(BLOCK_COLUMNS).fold(0.0, |most, &norm| larger(most, norm));
            for (sums, query) in products.sums.iter().zip(products.first_row..) {
                let threshold = best.threshold(query);
                if any_reaches(sums, queries.least(query, largest, threshold)) {
                    for (at, &sum) in sums[..products.columns].iter().enumerate() {
                        let reaches = sum >= queries.least(query, norms[at], threshold) || sum.is_nan();
                        wanted[query][(products.first_column + at) / LANES] |= reaches;
                    }
                }
            }
        });
    }
}

/// The norm of an item up to which its rounded similarity with a query of this norm is near the exact one; none is below zero.
fn largest_trusted(norm: f64) -> f32 {
    if norm < MAX_NORM { (MAX_SIMILARITY / norm) as f32 } else { f32::NEG_INFINITY }
}

/// The larger of two norms; what is no number is larger than all.
fn larger(most: f32, norm: f32) -> f32 {
    if norm <= most || most.is_nan() { most } else { norm }
}

/// Whether a sum is not below the least. One pass without branches, which compilers turn into vector instructions.
#[inline]
fn any_reaches(sums: &[f32; BLOCK_COLUMNS], least: f32) -> bool {
    sums.iter().fold(false, |reaches, sum| reaches | (*sum >= least) | sum.is_nan())
}

#[cfg(test)]
mod tests {
    use ess_core::{Embeddings, Index, RowSet, SearchParams};
    use proptest::prelude::*;

    use super::{super::index::FlatIndex, MIN_ITEMS_A_HIT, gains, larger};
    use crate::storage::Storage;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn a_large_batch_has_the_hits_of_single_queries_to_the_bit(
            items in 128_usize..900,
            dim in 1_usize..70,
            most in 1_usize..12,
            // In one thread thresholds rise; of few panels each thread may have one.
            one_thread: bool,
            // Items that are nearly the same, and norms from 1e-18 to 1e18.
            near: bool,
            spread in 0_i32..19,
            halves: bool,
            filtered: bool,
            seed in 0_u32..999,
        ) {
            let (spread, k) = (if halves { spread % 3 } else { spread }, most.min(items / MIN_ITEMS_A_HIT));
            let number = |i: usize| {
                let bits = (i as u32).wrapping_mul(2_654_435_761).wrapping_add(seed.wrapping_mul(40_503));
                ((bits ^ bits >> 15).wrapping_mul(2_246_822_519) >> 8) as f32 / 8_388_608.0 - 1.0
            };
            let scale = |row: usize| 10.0_f32.powi((row as i32 * 7) % (2 * spread + 1) - spread);
            let value = |i: usize| {
                let own = if near { 1.0 + number(i % dim) + 1e-3 * number(i) } else { number(i) };
                own * scale(i / dim)
            };
            let vectors = |from: usize, rows: usize| Embeddings::from_vec((from * dim..(from + rows) * dim).map(value).collect(), dim);
            let storage = if halves { Storage::F16 } else { Storage::F32 };
            let index = FlatIndex::with_storage(vectors(0, items).unwrap(), storage).unwrap();
            let queries = vectors(1000, 75).unwrap();
            let some = RowSet::from_rows(items, (0..items).filter(|row| row % 3 != 1)).unwrap();
            let params = if filtered { SearchParams::from(&some) } else { SearchParams::default() };
            prop_assert!(gains(queries.len(), k, items, params.filter.is_some().then_some(&some)));
            let pool = rayon::ThreadPoolBuilder::new().num_threads(2 - usize::from(one_thread)).build().unwrap();
            let found = pool.install(|| index.search_with(&queries, k, &params)).unwrap();
            for (row, found) in found.iter().enumerate() {
                let alone = index.search_with(&queries.select(&[row]).unwrap(), k, &params).unwrap();
                prop_assert_eq!(found, &alone[0], "query {}", row);
            }
        }
    }

    #[test]
    fn an_overflow_is_found_in_a_large_batch_too() {
        let mut items = vec![1.0; 300 * 2];
        items[2 * 250] = f32::MAX;
        let index = FlatIndex::new(Embeddings::from_vec(items, 2).unwrap()).unwrap();
        let mut queries = vec![1.0; 40 * 2];
        queries[2 * 37] = -f32::MAX;
        let error = index.search(&Embeddings::from_vec(queries, 2).unwrap(), 1).unwrap_err();
        assert!(matches!(error, ess_core::Error::NonFinite { row: 37, column: 250, .. }), "{error}");
    }

    #[test]
    fn numbers_that_bfloat16_has_no_room_for_find_what_single_queries_find() {
        let mut items = vec![0.0; 2000 * 2];
        (0..2000).for_each(|row| items[2 * row] = -1e-3 * (1.0 + row as f32 / 4000.0));
        let index = FlatIndex::new(Embeddings::from_vec(items, 2).unwrap()).unwrap();
        let queries = Embeddings::from_vec([f32::MAX, 0.0].repeat(40), 2).unwrap();
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        let found = pool.install(|| index.search(&queries, 1)).unwrap();
        let alone = index.search(&queries.select(&[0]).unwrap(), 1).unwrap();
        assert!(found.iter().all(|hits| *hits == alone[0]), "{:?} and {:?}", found[39], alone[0]);
        let negative = Embeddings::from_vec([-f32::MAX, 0.0].repeat(40), 2).unwrap();
        let found = pool.install(|| index.search(&negative, 1)).unwrap();
        assert!(found.iter().all(|hits| hits[0].item == 1999));
    }

    #[test]
    fn a_norm_that_is_no_number_is_larger_than_all() {
        assert!(larger(f32::NAN, 3.0).is_nan() && larger(3.0, f32::NAN).is_nan());
        assert_eq!((larger(2.0, 3.0), larger(3.0, 2.0)), (3.0, 3.0));
    }
}
