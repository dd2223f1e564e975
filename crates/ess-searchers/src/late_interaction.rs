//! A first pass by embeddings, reordered by late interaction of token states.

mod item_tokens;

use ess_core::{Encoding, Error, Hit, Index, Searcher, TokenStates, TopK};
use rayon::prelude::*;

pub use item_tokens::ItemTokens;

/// A first pass by embeddings, whose best items are reordered by `⟨q, d⟩ + weight · late interaction` of the token states
/// ([`ItemTokens`]).
///
/// It costs a search for `pool` items, and for each of them an inner product of every token of the query with every token of
/// the item.
///
/// ```
/// use ess_core::{Embeddings, Searcher, TokenStates};
/// use ess_index::FlatIndex;
/// use ess_searchers::{ItemTokens, LateInteraction};
///
/// let items = Embeddings::from_rows(&[[1.0, 0.0], [0.9, 0.1], [0.0, 1.0]])?;
/// let tokens = TokenStates::from_texts(items.clone(), 2, &[vec![1.0, 0.0], vec![0.0, 1.0], vec![0.0, 1.0]])?;
/// let searcher = LateInteraction::new(FlatIndex::new(items)?, ItemTokens::new(&tokens)?, 2, 1.0)?;
///
/// // The third item, whose token is the query's, is not among the best two of the first pass.
/// let query = TokenStates::from_texts(Embeddings::from_rows(&[[1.0, 0.0]])?, 2, &[vec![0.0, 1.0]])?;
/// assert_eq!(searcher.search(&query, 1)?[0][0].item, 1);
/// # Ok::<(), ess_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct LateInteraction<I> {
    index: I,
    tokens: ItemTokens,
    pool: usize,
    weight: f32,
}

impl<I: Index> LateInteraction<I> {
    /// An index of the embeddings and the token states of the same items. `max(pool, k)` items of the first pass are
    /// reordered.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] when index and states do not have as many items; [`Error::InvalidParameter`] for a pool of
    /// 0 or a weight that is not a number of 0 or more.
    pub fn new(index: I, tokens: ItemTokens, pool: usize, weight: f32) -> Result<Self, Error> {
        let (what, expected, found) = ("items with token states", index.rows(), tokens.items());
        if expected != found {
            return Err(Error::LengthMismatch { what, expected, found });
        }
        if pool == 0 {
            let (name, expected) = ("pool", "at least 1");
            return Err(Error::InvalidParameter { name, expected, found: pool.to_string() });
        }
        if !(weight.is_finite() && weight >= 0.0) {
            let (name, expected) = ("weight of late interaction", "a number of 0 or more");
            return Err(Error::InvalidParameter { name, expected, found: weight.to_string() });
        }
        Ok(Self { index, tokens, pool, weight })
    }

    fn order(&self, query: &[f32], found: &[Hit], k: usize) -> Result<Vec<Hit>, Error> {
        let items: Vec<u32> = found.iter().map(|hit| hit.item as u32).collect();
        let mut best = TopK::new(k);
        for (hit, tokens) in found.iter().zip(self.tokens.similarities(query, &items)?) {
            best.push(Hit::new(hit.item, hit.similarity + self.weight * tokens));
        }
        Ok(best.into_sorted())
    }
}

impl<I: Index> Searcher<TokenStates> for LateInteraction<I> {
    /// As [`Searcher::search`]; tokens of the encoder's prompt are left out.
    ///
    /// # Errors
    /// [`Error::DimensionMismatch`] for states or embeddings of another dimension than the items'; [`Error::KOutOfRange`] for
    /// `k = 0`.
    fn search(&self, queries: &TokenStates, k: usize) -> Result<Vec<Vec<Hit>>, Error> {
        Error::check_dim("queries' token states", self.tokens.dim(), queries.token_dim())?;
        Error::check_k(k, self.index.len())?;
        let found = self.index.search(queries.embeddings(), self.pool.max(k))?;
        let rows = (0..queries.rows()).into_par_iter();
        rows.map(|row| self.order(queries.own_states(row), &found[row], k)).collect()
    }
}

#[cfg(test)]
mod tests {
    use ess_core::Embeddings;
    use ess_index::FlatIndex;

    use super::*;

    fn wave(rows: usize, dim: usize, step: f32) -> Vec<f32> {
        (0..rows * dim).map(|i| (i as f32 * step).sin()).collect()
    }

    fn states(rows: usize, step: f32) -> TokenStates {
        let embeddings = Embeddings::from_vec(wave(rows, 4, step), 4).unwrap();
        let texts: Vec<Vec<f32>> =
            (0..rows).map(|row| wave(1 + row % 3, 5, step + row as f32 * 0.1)).collect();
        TokenStates::from_texts(embeddings, 5, &texts).unwrap()
    }

    fn searcher(pool: usize, weight: f32) -> Result<LateInteraction<FlatIndex>, Error> {
        let items = states(30, 0.7);
        LateInteraction::new(
            FlatIndex::new(items.embeddings().clone()).unwrap(),
            ItemTokens::new(&items)?,
            pool,
            weight,
        )
    }

    #[test]
    fn with_every_item_in_the_pool_it_is_the_sum() {
        let (queries, tokens) = (states(6, 0.3), ItemTokens::new(&states(30, 0.7)).unwrap());
        let dense = FlatIndex::new(states(30, 0.7).embeddings().clone()).unwrap();
        let found = searcher(30, 2.0).unwrap().search(&queries, 30).unwrap();
        let all = dense.search(queries.embeddings(), 30).unwrap();
        for (row, found) in found.iter().enumerate() {
            let mut expected = TopK::new(30);
            for hit in &all[row] {
                let late = tokens.similarities(queries.states(row), &[hit.item as u32]).unwrap()[0];
                expected.push(Hit::new(hit.item, hit.similarity + 2.0 * late));
            }
            assert_eq!(found, &expected.into_sorted());
        }
    }

    #[test]
    fn without_weight_it_is_the_first_pass() {
        let queries = states(6, 0.3);
        let dense = FlatIndex::new(states(30, 0.7).embeddings().clone()).unwrap();
        let found = searcher(3, 0.0).unwrap().search(&queries, 7).unwrap();
        assert_eq!(found, dense.search(queries.embeddings(), 7).unwrap());
    }

    #[test]
    fn a_k_beyond_the_items_finds_them_all() {
        let (searcher, queries) = (searcher(3, 1.0).unwrap(), states(6, 0.3));
        let all = searcher.search(&queries, usize::MAX).unwrap();
        assert_eq!(all, searcher.search(&queries, 30).unwrap());
        assert!(all.iter().all(|hits| hits.len() == 30));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        assert!(matches!(searcher(0, 1.0), Err(Error::InvalidParameter { name: "pool", .. })));
        assert!(matches!(searcher(3, f32::NAN), Err(Error::InvalidParameter { .. })));
        let fewer = ItemTokens::new(&states(29, 0.7)).unwrap();
        let index = FlatIndex::new(states(30, 0.7).embeddings().clone()).unwrap();
        assert!(matches!(LateInteraction::new(index, fewer, 3, 1.0), Err(Error::LengthMismatch { .. })));
        let searcher = searcher(3, 1.0).unwrap();
        assert!(matches!(searcher.search(&states(1, 0.3), 0), Err(Error::KOutOfRange { .. })));
        let other = TokenStates::from_texts(states(1, 0.3).embeddings().clone(), 4, &[vec![1.0; 4]]).unwrap();
        assert!(matches!(searcher.search(&other, 3), Err(Error::DimensionMismatch { .. })));
    }
}
