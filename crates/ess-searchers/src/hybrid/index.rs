//! One index over the concatenation of dense and lexical vectors.

use std::ops::Range;

use ess_core::{Embeddings, Encoding, Error, Hit, Searcher, TopK};
use ess_lexical::{SparseIndex, SparseVectors};
use ndarray::{Array2, ArrayView2, linalg::general_mat_mul, s};
use rayon::prelude::*;

use super::encoding::HybridEncoding;

/// Queries whose similarities are computed together, as one matrix product.
const TOGETHER: usize = 16;

/// Items whose similarities to these queries are computed together: 4 megabytes for each thread, whatever the number of items.
const BLOCK: usize = 1 << 16;

/// Exact search by `⟨q, d⟩ + α ⟨q_lex, d_lex⟩`.
///
/// That sum is the inner product of the concatenated vectors `(q, α q_lex)` and `(d, d_lex)`. So a hybrid with a fixed
/// weight of raw similarities is *one* searching operation over one encoding, and this index computes it exactly. The same
/// holds for a weight of each query's own, which scales the two parts of the query ([`HybridEncoding::weighted`]). Scores
/// that are normalised over the hits of a query (min-max, ranks) give no inner product:
/// [`FusedSearcher`](crate::FusedSearcher) combines those.
///
/// ```
/// use ess_core::{Embeddings, Searcher};
/// use ess_searchers::{HybridEncoding, HybridIndex};
/// use ess_lexical::SparseVectors;
///
/// let items = Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0]])?;
/// let lexical = SparseVectors::new(2, &[vec![], vec![(0, 2.0)]])?;
/// let index = HybridIndex::new(items, &lexical, 0.75)?;
/// let query = HybridEncoding::new(
///     Embeddings::from_rows(&[[1.0, 0.0]])?,
///     SparseVectors::new(2, &[vec![(0, 1.0)]])?,
/// )?;
/// let hits = index.search(&query, 2)?;
/// assert_eq!((hits[0][0].item, hits[0][0].similarity), (1, 1.5));
/// # Ok::<(), ess_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct HybridIndex {
    items: Embeddings,
    lexical: SparseIndex,
    weight: f32,
    /// [`BLOCK`], but in tests.
    block: usize,
}

impl HybridIndex {
    /// Indexes the dense vectors (`m × d`) and the lexical vectors (`m` rows) of `m` items, with `α = weight`.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] when the numbers of items differ, [`Error::InvalidParameter`] for a weight that is not a
    /// number of 0 or more.
    pub fn new(items: Embeddings, lexical: &SparseVectors, weight: f32) -> Result<Self, Error> {
        let (expected, found) = (items.len(), lexical.rows());
        if expected != found {
            return Err(Error::LengthMismatch { what: "lexical encodings of items", expected, found });
        }
        let mut index = Self { items, lexical: SparseIndex::new(lexical), weight: 0.0, block: BLOCK };
        index.set_weight(weight)?;
        Ok(index)
    }

    /// Sets `α`. Nothing is built again.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for a weight that is not a number of 0 or more.
    pub fn set_weight(&mut self, weight: f32) -> Result<(), Error> {
        if !(weight.is_finite() && weight >= 0.0) {
            let (name, expected) = ("weight of the lexical similarity", "a number of 0 or more");
            return Err(Error::InvalidParameter { name, expected, found: weight.to_string() });
        }
        self.weight = weight;
        Ok(())
    }

    /// The number of items.
    #[allow(clippy::len_without_is_empty, reason = "never empty")]
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// `α`.
    pub fn weight(&self) -> f32 {
        self.weight
    }

    /// The rows of items whose similarities are computed together, block by block.
    fn blocks(&self) -> impl Iterator<Item = Range<usize>> {
        let starts = (0..self.items.len()).step_by(self.block);
        starts.map(move |start| start..self.items.len().min(start + self.block))
    }

    fn search_together(
        &self,
        dense: ArrayView2<'_, f32>,
        lexical: &SparseVectors,
        first: usize,
        k: usize,
    ) -> Vec<Vec<Hit>> {
        let mut best: Vec<TopK> = (0..dense.nrows()).map(|_| TopK::new(k)).collect();
        for Range { start, end } in self.blocks() {
            // Query by query in memory, which `dot` does not promise: for vectors of one dimension it is item by item.
            let mut similarities = Array2::zeros((dense.nrows(), end - start));
            let items = self.items.view();
            general_mat_mul(1.0, &dense, &items.slice(s![start..end, ..]).t(), 0.0, &mut similarities);
            let (mut similarities, _) = similarities.into_raw_vec_and_offset();
            let rows = similarities.chunks_exact_mut(end - start).zip(&mut best);
            for (row, (similarities, best)) in rows.enumerate() {
                let query = lexical.row(first + row);
                self.lexical.add_similarities_from(query, self.weight, start, similarities);
                best.extend_from_similarities(start, similarities);
            }
        }
        best.into_iter().map(TopK::into_sorted).collect()
    }
}

impl Searcher<HybridEncoding> for HybridIndex {
    fn search(&self, queries: &HybridEncoding, k: usize) -> Result<Vec<Vec<Hit>>, Error> {
        let (dense, lexical) = (queries.dense(), queries.lexical());
        Error::check_dim("dense queries given to a hybrid index", self.items.dim(), dense.dim())?;
        Error::check_dim("lexical queries given to a hybrid index", self.lexical.dim(), lexical.dim())?;
        Error::check_k(k, self.items.len())?;
        let starts: Vec<usize> = (0..dense.len()).step_by(TOGETHER).collect();
        let found = starts.into_par_iter().map(|first| {
            let end = dense.len().min(first + TOGETHER);
            self.search_together(dense.view().slice(s![first..end, ..]), lexical, first, k)
        });
        Ok(found.flatten_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wave(n: usize, d: usize, step: f32) -> Embeddings {
        Embeddings::from_vec((0..n * d).map(|i| (i as f32 * step).sin()).collect(), d).unwrap()
    }

    #[test]
    fn it_is_the_inner_product_of_the_concatenated_vectors() {
        let (items, queries) = (wave(50, 3, 0.7), wave(37, 3, 0.3));
        let sparse = |n: usize, step: usize| {
            let row = |i: usize| vec![((i % 5) as u32, 1.0 + i as f32), (5 + (i * step % 4) as u32, 0.5)];
            SparseVectors::new(9, &(0..n).map(row).collect::<Vec<_>>()).unwrap()
        };
        let (item_lexical, query_lexical) = (sparse(50, 3), sparse(37, 7));
        let index = HybridIndex::new(items.clone(), &item_lexical, 0.2).unwrap();
        let encoding = HybridEncoding::new(queries.clone(), query_lexical.clone()).unwrap();
        let found = index.search(&encoding, 50).unwrap();
        let expected = queries.view().dot(&items.view().t())
            + 0.2 * query_lexical.inner_products(&item_lexical).unwrap();
        for (query, hits) in found.iter().enumerate() {
            assert!(hits.windows(2).all(|pair| pair[0].similarity >= pair[1].similarity));
            assert!(hits.iter().all(|hit| (hit.similarity - expected[[query, hit.item]]).abs() < 1e-4));
        }
        let alone = index.search(&encoding.select_rows(&[36]).unwrap(), 50).unwrap();
        assert_eq!(
            alone[0].iter().map(|hit| hit.item).collect::<Vec<_>>(),
            found[36].iter().map(|hit| hit.item).collect::<Vec<_>>()
        );
    }

    #[test]
    fn blocks_of_items_are_searched_as_all_of_them() {
        let (items, queries) = (wave(50, 3, 0.7), wave(9, 3, 0.3));
        let row = |i: usize| vec![((i % 5) as u32, 1.0 + i as f32), (5 + (i * 3 % 4) as u32, 0.5)];
        let lexical = |n: usize| SparseVectors::new(9, &(0..n).map(row).collect::<Vec<_>>()).unwrap();
        let index = HybridIndex::new(items, &lexical(50), 0.2).unwrap();
        let queries = HybridEncoding::new(queries, lexical(9)).unwrap();
        let search = |block| HybridIndex { block, ..index.clone() }.search(&queries, 20).unwrap();
        let (whole, blocks) = (search(50), search(7));
        for (whole, block) in whole.iter().flatten().zip(blocks.iter().flatten()) {
            assert_eq!(whole.item, block.item);
            assert!((whole.similarity - block.similarity).abs() < 1e-5);
        }
        assert_eq!(blocks.iter().map(Vec::len).collect::<Vec<_>>(), [20; 9]);
    }

    #[test]
    fn similarities_to_no_more_than_65536_items_are_in_memory_at_once() {
        let count = 131_081;
        let mut values: Vec<f32> = (0..count).map(|i| (i as f32 * 0.7).sin()).collect();
        (values[65_536], values[count - 1]) = (2.0, 3.0);
        let items = Embeddings::from_vec(values, 1).unwrap();
        let lexical = |rows: usize| SparseVectors::new(1, &vec![vec![]; rows]).unwrap();
        let index = HybridIndex::new(items, &lexical(count), 0.2).unwrap();
        assert_eq!(index.blocks().collect::<Vec<_>>(), [0..65_536, 65_536..131_072, 131_072..131_081]);
        // The first and the last item of a block that is not the first.
        let query = HybridEncoding::new(Embeddings::from_vec(vec![1.0], 1).unwrap(), lexical(1)).unwrap();
        let hits = index.search(&query, 2).unwrap();
        let found: Vec<(usize, f32)> = hits[0].iter().map(|hit| (hit.item, hit.similarity)).collect();
        assert_eq!(found, [(131_080, 3.0), (65_536, 2.0)]);
    }

    #[test]
    fn several_queries_of_one_dimension_find_what_each_finds_alone() {
        let items = Embeddings::from_vec(vec![0.5, -2.0, 1.0], 1).unwrap();
        let lexical = SparseVectors::new(1, &[vec![(0, 1.0)], vec![], vec![]]).unwrap();
        let index = HybridIndex::new(items, &lexical, 1.0).unwrap();
        let queries = HybridEncoding::new(Embeddings::from_vec(vec![1.0, -1.0, 3.0], 1).unwrap(), lexical);
        let hits = index.search(&queries.unwrap(), 3).unwrap();
        let found: Vec<Vec<(usize, f32)>> =
            hits.iter().map(|hits| hits.iter().map(|hit| (hit.item, hit.similarity)).collect()).collect();
        let expected = [
            [(0, 1.5), (2, 1.0), (1, -2.0)],
            [(1, 2.0), (0, -0.5), (2, -1.0)],
            [(2, 3.0), (0, 1.5), (1, -6.0)],
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_k_beyond_the_items_finds_them_all() {
        let lexical = |rows: usize| SparseVectors::new(2, &vec![vec![(1, 1.0)]; rows]).unwrap();
        let index = HybridIndex::new(wave(3, 2, 1.0), &lexical(3), 1.0).unwrap();
        let query = HybridEncoding::new(wave(2, 2, 0.3), lexical(2)).unwrap();
        let all = index.search(&query, usize::MAX).unwrap();
        assert_eq!(all, index.search(&query, 3).unwrap());
        assert_eq!(all.iter().map(Vec::len).collect::<Vec<_>>(), [3, 3]);
    }

    #[test]
    fn bad_input_is_refused() {
        let lexical = |rows: usize| SparseVectors::new(2, &vec![vec![]; rows]).unwrap();
        assert!(matches!(
            HybridIndex::new(wave(3, 2, 1.0), &lexical(2), 1.0),
            Err(Error::LengthMismatch { .. })
        ));
        assert!(matches!(
            HybridIndex::new(wave(3, 2, 1.0), &lexical(3), f32::NAN),
            Err(Error::InvalidParameter { .. })
        ));
        let index = HybridIndex::new(wave(3, 2, 1.0), &lexical(3), 1.0).unwrap();
        let query = HybridEncoding::new(wave(1, 3, 1.0), lexical(1)).unwrap();
        assert!(matches!(index.search(&query, 1), Err(Error::DimensionMismatch { .. })));
        let query = HybridEncoding::new(wave(1, 2, 1.0), lexical(1)).unwrap();
        assert!(matches!(index.search(&query, 0), Err(Error::KOutOfRange { .. })));
        assert!(matches!(
            HybridEncoding::new(wave(1, 2, 1.0), lexical(2)),
            Err(Error::LengthMismatch { .. })
        ));
    }
}
