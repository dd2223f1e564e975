//! Search over sparse item vectors.

use ess_core::{Encoding, Error, Hit, MemoryUse, Searcher, TopK};
use rayon::prelude::*;

use super::{
    maxima::WINDOW,
    postings::Postings,
    pruned_search::{QueryTerm, can_prune, pruned_search},
    sparse_vectors::SparseVectors,
};

/// An inverted index: for each index of a component, the items in which that component is not 0.
///
/// Exact: the hits of all inner products, to the bit. Where no component is negative, as in BM25, items that cannot be among
/// the best are pruned (MaxScore with the largest values of blocks); else a query costs the lengths of the lists of its own
/// indices. Scratch memory is one block a thread, whatever the number of items. It is saved and mapped by
/// [`SparseIndexFile`](crate::SparseIndexFile).
///
/// ```
/// use ess_core::Searcher;
/// use ess_lexical::{SparseIndex, SparseVectors};
///
/// let items = SparseVectors::new(3, &[vec![(0, 1.0)], vec![(0, 2.0), (2, 1.0)]])?;
/// let hits = SparseIndex::new(&items).search(&SparseVectors::new(3, &[vec![(0, 1.0)]])?, 2)?;
/// assert_eq!((hits[0][0].item, hits[0][0].similarity), (1, 2.0));
/// # Ok::<(), ess_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct SparseIndex {
    pub(super) items: usize,
    pub(super) dim: usize,
    pub(super) postings: Postings,
}

impl SparseIndex {
    /// Indexes items.
    ///
    /// # Panics
    /// For more than 2³² items.
    pub fn new(items: &SparseVectors) -> Self {
        let postings = Postings::new(items, items.rows());
        Self { items: items.rows(), dim: items.dim(), postings }
    }

    /// The number of items.
    #[allow(clippy::len_without_is_empty, reason = "never empty")]
    pub fn len(&self) -> usize {
        self.items
    }

    /// The dimension of the items and of the queries that the index takes.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// How much memory the postings take, and where.
    pub fn memory_use(&self) -> MemoryUse {
        self.postings.memory_use()
    }

    /// Adds `factor ·` the inner product of one query with every item to `similarities`, one number an item.
    ///
    /// ```
    /// use ess_lexical::{SparseIndex, SparseVectors};
    ///
    /// let items = SparseVectors::new(2, &[vec![(0, 1.0)], vec![(1, 2.0)]])?;
    /// let mut similarities = [10.0, 10.0];
    /// SparseIndex::new(&items).add_similarities([(1, 3.0)].into_iter(), 0.5, &mut similarities);
    /// assert_eq!(similarities, [10.0, 13.0]);
    /// # Ok::<(), ess_core::Error>(())
    /// ```
    ///
    /// Items without a number are left out.
    pub fn add_similarities(
        &self,
        query: impl Iterator<Item = (u32, f32)>,
        factor: f32,
        similarities: &mut [f32],
    ) {
        self.add_similarities_from(query, factor, 0, similarities);
    }

    /// The same for the items from `first` on, as many as `similarities` has entries.
    ///
    /// ```
    /// use ess_lexical::{SparseIndex, SparseVectors};
    ///
    /// let items = SparseVectors::new(1, &[vec![(0, 1.0)], vec![(0, 2.0)], vec![(0, 4.0)]])?;
    /// let mut similarities = [10.0];
    /// SparseIndex::new(&items).add_similarities_from([(0, 3.0)].into_iter(), 1.0, 1, &mut similarities);
    /// assert_eq!(similarities, [16.0]);
    /// # Ok::<(), ess_core::Error>(())
    /// ```
    pub fn add_similarities_from(
        &self,
        query: impl Iterator<Item = (u32, f32)>,
        factor: f32,
        first: usize,
        similarities: &mut [f32],
    ) {
        for (component, weight) in query {
            let Some(list) = self.postings.get(component) else { continue };
            // In the order of items.
            let start = list.items.partition_point(|&item| (item as usize) < first);
            for (&item, &value) in list.items[start..].iter().zip(&list.values[start..]) {
                let Some(similarity) = similarities.get_mut((item as usize).wrapping_sub(first)) else {
                    break;
                };
                *similarity += factor * weight * value;
            }
        }
    }

    fn search_one(
        &self,
        row: usize,
        query: impl Iterator<Item = (u32, f32)>,
        k: usize,
        sums: &mut [f32; WINDOW],
    ) -> Result<Vec<Hit>, Error> {
        let term = |(component, weight)| Some(QueryTerm::new(weight, self.postings.get(component)?));
        let mut terms: Vec<_> = query.filter_map(term).collect();
        let k = k.min(self.items);
        match can_prune(&terms, self.postings.negative) {
            true => Ok(self.existing(pruned_search(&mut terms, self.items, k, sums))),
            false => self.search_all(row, &mut terms, k, sums),
        }
    }

    /// The hits without items that only a damaged file names, which was mapped without being checked.
    fn existing(&self, mut hits: Vec<Hit>) -> Vec<Hit> {
        hits.retain(|hit| hit.item < self.items);
        hits
    }

    /// Gives every item its similarity.
    fn search_all(
        &self,
        row: usize,
        terms: &mut [QueryTerm<'_>],
        k: usize,
        sums: &mut [f32; WINDOW],
    ) -> Result<Vec<Hit>, Error> {
        let mut best = TopK::new(k);
        for (window, first) in (0..self.items).step_by(WINDOW).enumerate() {
            sums.fill(0.0);
            for term in &mut *terms {
                term.move_to(window);
                term.add(sums);
            }
            let similarities = &sums[..WINDOW.min(self.items - first)];
            if let Some(at) = similarities.iter().position(|similarity| !similarity.is_finite()) {
                let what = "similarity of query (row) and item (column)";
                return Err(Error::NonFinite { what, row, column: first + at, value: similarities[at] });
            }
            best.extend_from_similarities(first, similarities);
        }
        sums.fill(0.0);
        Ok(best.into_sorted())
    }
}

impl Searcher<SparseVectors> for SparseIndex {
    fn search(&self, queries: &SparseVectors, k: usize) -> Result<Vec<Vec<Hit>>, Error> {
        Error::check_dim("queries given to a sparse index", self.dim(), queries.dim())?;
        Error::check_k(k, self.items)?;
        let rows = (0..queries.rows()).into_par_iter();
        let scratch = || Box::new([0.0; WINDOW]);
        rows.map_init(scratch, |sums, row| self.search_one(row, queries.row(row), k, sums)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_queries_are_refused_and_ties_break_by_item_order() {
        let items = SparseVectors::new(2, &[vec![], vec![(1, 1.0)], vec![(1, 1.0)]]).unwrap();
        let index = SparseIndex::new(&items);
        let query = SparseVectors::new(2, &[vec![(1, 3.0)]]).unwrap();
        let hits = index.search(&query, 3).unwrap();
        assert_eq!(hits[0].iter().map(|hit| hit.item).collect::<Vec<_>>(), [1, 2, 0]);
        assert!(matches!(index.search(&query, 0), Err(Error::KOutOfRange { k: 0, len: 3 })));
        assert_eq!(index.search(&query, usize::MAX).unwrap(), hits);
        let (large, long) = ([vec![(0, 3e38), (1, 3e38)]], [vec![(0, 10.0), (1, -10.0)]]);
        let index = SparseIndex::new(&SparseVectors::new(2, &large).unwrap());
        let overflow = index.search(&SparseVectors::new(2, &long).unwrap(), 1);
        assert!(matches!(overflow, Err(Error::NonFinite { row: 0, column: 0, .. })));
        let other = SparseVectors::new(3, &[vec![]]).unwrap();
        assert!(matches!(index.search(&other, 1), Err(Error::DimensionMismatch { .. })));
    }
}
