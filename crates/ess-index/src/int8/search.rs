//! The best int8 items for several queries.

use ess_core::{Error, Hit, RowSet};
use rayon::prelude::*;

use super::{candidates::Candidates, items::Int8Items, offer, packed::PackedBytes};
use crate::kernels::float::lanes::LANES;

/// Bytes of int8 items that several blocks of queries are compared with while the items are in the cache.
const BYTES_IN_CACHE: usize = 256 << 10;

impl Int8Items {
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
}

#[cfg(test)]
mod tests {
    use ess_core::{Embeddings, Index};

    use super::*;
    use crate::{cpu::InstructionSet, exact::index::FlatIndex};

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
    fn query_bounds_are_those_of_the_packed_query() {
        let packed = PackedBytes::new(&[3.0, -4.0], 2, 1);
        let bound = packed.bound(0);
        assert!(bound.norm >= 5.0 && bound.norm < 5.001);
    }
}
