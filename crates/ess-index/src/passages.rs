//! Items with several vectors each, ranked by the most similar one.

mod rows;

use ess_core::{Capabilities, Effort, Embeddings, Error, Filter, Hit, Index, MemoryUse, SearchParams};

pub use rows::PassageRows;

/// An index of items by their passages: the similarity of an item `d` is that of its most similar passage,
/// `max over p of d of ⟨f(q), enc2(p)⟩`.
///
/// One vector of a long text is a mean over the whole text, while a query often asks for one sentence of it. An index of
/// passages is searched for more and more of them until `k` different items are found. So the answer is exact if that index is
/// exact.
///
/// ```
/// use ess_core::{Embeddings, Index};
/// use ess_index::{FlatIndex, PassageIndex, PassageRows};
///
/// let passages = Embeddings::from_rows(&[[1.0, 0.0], [0.9, 0.1], [0.0, 1.0]])?;
/// let rows = PassageRows::from_counts(&[2, 1])?;
/// let index = PassageIndex::new(FlatIndex::new(passages)?, rows)?;
/// let hits = index.search(&Embeddings::from_rows(&[[1.0, 0.5]])?, 2)?;
/// assert_eq!((hits[0][0].item, hits[0][1].item), (0, 1));
/// # Ok::<(), ess_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct PassageIndex<I> {
    passages: I,
    rows: PassageRows,
}

impl<I: Index> PassageIndex<I> {
    /// An index of items over an index of all their passages.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] when the index does not hold the passages of `rows`, and no others.
    pub fn new(passages: I, rows: PassageRows) -> Result<Self, Error> {
        let (what, expected) = ("passages in the index", rows.passages());
        for found in [passages.rows(), passages.len()] {
            if found != expected {
                return Err(Error::LengthMismatch { what, expected, found });
            }
        }
        Ok(Self { passages, rows })
    }

    /// The index of passages.
    pub fn passages(&self) -> &I {
        &self.passages
    }

    /// The rows of each item's passages.
    pub fn passage_rows(&self) -> &PassageRows {
        &self.rows
    }

    /// The first `k` different items among passages that are in order.
    fn items(&self, passages: &[Hit], k: usize) -> Vec<Hit> {
        let mut items: Vec<Hit> = Vec::with_capacity(k);
        let mut seen = std::collections::HashSet::with_capacity(k);
        for passage in passages {
            let item = self.rows.item_of(passage.item);
            if items.len() < k && seen.insert(item) {
                items.push(Hit::new(item, passage.similarity));
            }
        }
        items
    }
}

impl<I: Index> Index for PassageIndex<I> {
    fn dim(&self) -> usize {
        self.passages.dim()
    }

    fn len(&self) -> usize {
        self.rows.items()
    }

    /// As [`Index::search_with`]. The filter and the rows are of items.
    ///
    /// # Errors
    /// As [`Index::search_with`], and those of the index of passages.
    fn search_with(
        &self,
        queries: &Embeddings,
        k: usize,
        params: &SearchParams<'_>,
    ) -> Result<Vec<Vec<Hit>>, Error> {
        let k = self.check_search(queries, k)?;
        let admits =
            |passage: usize| params.filter.is_none_or(|filter| filter.admits(self.rows.item_of(passage)));
        let filter = params.filter.map(|_| Filter::Predicate(&admits));
        let params = SearchParams { filter, ..*params };
        let all = self.rows.passages();
        let mut found = vec![Vec::new(); queries.len()];
        let mut open: Vec<usize> = (0..queries.len()).collect();
        let mut depth = k.saturating_mul(2).min(all);
        while !open.is_empty() {
            let asked = self.passages.search_with(&queries.select(&open)?, depth, &params)?;
            let mut short = Vec::new();
            for (query, passages) in open.into_iter().zip(asked) {
                found[query] = self.items(&passages, k);
                // An index that has no more passages to give has no more items either.
                if found[query].len() < k && passages.len() == depth && depth < all {
                    short.push(query);
                }
            }
            open = short;
            depth = depth.saturating_mul(2).min(all);
        }
        Ok(found)
    }

    /// The capabilities of searching of the index of passages. Passages are added, removed and saved in that index.
    fn capabilities(&self) -> Capabilities {
        let Capabilities { exact, any_norm, filter, ef_search, nprobe, rescore, .. } =
            self.passages.capabilities();
        Capabilities { exact, any_norm, filter, ef_search, nprobe, rescore, ..Capabilities::default() }
    }

    fn memory_use(&self) -> Option<MemoryUse> {
        let MemoryUse { owned, mapped } = self.passages.memory_use()?;
        Some(MemoryUse { owned: owned + std::mem::size_of_val(&self.rows.starts[..]), mapped })
    }

    fn efforts(&self, k: usize) -> Vec<Effort> {
        self.passages.efforts(k)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use ess_core::Ids;

    use super::*;
    use crate::exact::index::FlatIndex;

    #[test]
    fn an_item_without_a_passage_and_a_wrong_number_of_passages_are_refused() {
        assert!(PassageRows::from_counts(&[]).is_err());
        assert!(PassageRows::from_counts(&[1, 0]).is_err());
        assert!(PassageRows::from_counts(&[1, usize::MAX]).is_err());
        let index = FlatIndex::new(Embeddings::from_rows(&[[1.0], [2.0]]).unwrap()).unwrap();
        let refused = PassageIndex::new(index, PassageRows::from_counts(&[1, 2]).unwrap());
        assert!(matches!(refused, Err(Error::LengthMismatch { expected: 3, found: 2, .. })));
    }

    #[test]
    fn passages_are_matched_with_items_by_id() {
        let ids = |ids: &[&str]| Ids::new(ids.iter().map(|id| (*id).to_owned()).collect()).unwrap();
        let items = ids(&["a", "a#1", "b"]);
        let rows = PassageRows::from_ids(&items, &ids(&["a#0", "a#1", "a#1#0", "b#0", "b#1"])).unwrap();
        assert_eq!(rows, PassageRows::from_counts(&[2, 1, 2]).unwrap());
        for wrong in
            [&["a#0", "b#0"][..], &["a", "a#1#0", "b#0"], &["a#0", "a#1#0"], &["b#0", "a#0", "a#1#0"]]
        {
            assert!(PassageRows::from_ids(&items, &ids(wrong)).is_err(), "{wrong:?}");
        }
    }

    proptest! {
        #[test]
        fn an_item_is_as_similar_as_its_best_passage(
            counts in prop::collection::vec(1_usize..6, 1..12), step in 0.1_f32..3.0, k in 1_usize..12,
        ) {
            let k = k.min(counts.len());
            let rows = PassageRows::from_counts(&counts).unwrap();
            let numbers = (0..rows.passages() * 3).map(|i| (i as f32 * step).sin()).collect();
            let passages = Embeddings::from_vec(numbers, 3).unwrap();
            let query = [0.3_f32, -0.7, 0.5];
            let index = PassageIndex::new(FlatIndex::new(passages.clone()).unwrap(), rows.clone()).unwrap();
            let found = index.search(&Embeddings::from_rows(&[query]).unwrap(), k).unwrap();
            let similarity = |passage: usize| -> f32 {
                passages.row(passage).iter().zip(&query).map(|(p, q)| p * q).sum()
            };
            let mut expected: Vec<f32> = (0..counts.len())
                .map(|item| rows.of_item(item).map(similarity).fold(f32::NEG_INFINITY, f32::max))
                .collect();
            for hit in &found[0] {
                prop_assert!((hit.similarity - expected[hit.item]).abs() < 1e-5);
            }
            expected.sort_by(|a, b| b.total_cmp(a));
            prop_assert!((found[0][k - 1].similarity - expected[k - 1]).abs() < 1e-5);
            prop_assert!((0..rows.passages()).all(|row| rows.of_item(rows.item_of(row)).contains(&row)));
        }
    }
}
