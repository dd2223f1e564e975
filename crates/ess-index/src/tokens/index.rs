//! An index of items by the vectors of their tokens.

use ess_core::{Encoding, Error as CoreError, Hit, MemoryUse, Searcher, TokenStates, TopK};
use rayon::prelude::*;

use super::{compressed::CompressedTokens, lists::Lists, probe::Probe, settings::TokenSearch};
use crate::error::Error;

/// An index of items by MaxSim over the vectors of their tokens: the first stage of late interaction, after PLAID
/// (Santhanam et al. 2022).
///
/// Every token of a query is looked up in the lists of its `nprobe` nearest centroids. The items found there are thinned by the
/// MaxSim of their centroids: first of those that are near enough to the query, to four times as many items as are compared, then
/// of all. What is left is compared by all vectors. A hit's similarity is `Σ over tokens t of q of max over tokens u of d of
/// ⟨t, u⟩`, `u` of unit norm.
///
/// It is approximate, and finds fewer items than asked for where the probed lists have no more. As a [`Searcher`] it searches by
/// the settings that it was built with. Memory for a search: `centroids · t` values a query.
///
/// ```
/// use ess_core::{Embeddings, Searcher, TokenStates};
/// use ess_index::{Progress, TokenIndexBuilder};
///
/// let embeddings = Embeddings::from_rows(&[[0.0]; 3])?;
/// let texts = [vec![1.0, 0.0, 0.6, 0.8], vec![0.0, 1.0], vec![-1.0, 0.0, 0.0, -1.0]];
/// let items = TokenStates::from_texts(embeddings, 2, &texts)?;
/// let index = TokenIndexBuilder::default().build(&items, Progress::Silent)?;
///
/// let query = TokenStates::from_texts(Embeddings::from_rows(&[[0.0]])?, 2, &[vec![0.0, 2.0, 1.0, 0.0]])?;
/// let hits = index.search(&query, 2)?;
/// assert_eq!((hits[0][0].item, hits[0][1].item), (0, 1));
/// # Ok::<(), ess_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct TokenIndex {
    pub(super) tokens: CompressedTokens,
    pub(super) lists: Lists,
    pub(super) search: TokenSearch,
}

impl TokenIndex {
    /// An index over compressed tokens, with the settings of its searches.
    ///
    /// # Errors
    /// [`CoreError::InvalidParameter`] for a setting out of range; [`CoreError::Empty`] without items;
    /// [`Error::TooManyItems`] beyond 2³² − 1 of them.
    pub fn new(tokens: CompressedTokens, search: TokenSearch) -> Result<Self, Error> {
        search.check()?;
        Error::check_items(tokens.items())?;
        if tokens.items() == 0 {
            return Err(CoreError::Empty { what: "items with token vectors" }.into());
        }
        Ok(Self { lists: Lists::of(&tokens), tokens, search })
    }

    /// The tokens of the items.
    pub fn tokens(&self) -> &CompressedTokens {
        &self.tokens
    }

    /// The settings of its searches.
    pub fn settings(&self) -> TokenSearch {
        self.search
    }

    /// How much memory the index takes.
    pub fn memory_use(&self) -> MemoryUse {
        let (tokens, lists) = (self.tokens.memory_use(), self.lists.memory_use());
        MemoryUse { owned: tokens.owned + lists.owned, mapped: tokens.mapped + lists.mapped }
    }

    /// The `k` nearest items that are found for each query, by settings of the caller's; tokens of the encoder's prompt are left
    /// out.
    ///
    /// # Errors
    /// [`CoreError::DimensionMismatch`] for tokens of another dimension; [`CoreError::KOutOfRange`] for `k = 0`;
    /// [`CoreError::InvalidParameter`] for a setting out of range.
    pub fn search_with(
        &self,
        queries: &TokenStates,
        k: usize,
        search: &TokenSearch,
    ) -> Result<Vec<Vec<Hit>>, CoreError> {
        search.check()?;
        CoreError::check_k(k, self.tokens.items())?;
        CoreError::check_dim("queries' token states", self.tokens.dim(), queries.token_dim())?;
        let one = |row: usize| {
            let query = queries.own_states(row);
            let found = Probe::new(query, &self.tokens).candidates(&self.tokens, &self.lists, search, k);
            let mut best = TopK::new(k);
            for (&item, similarity) in found.iter().zip(self.tokens.max_sims(query, &found)) {
                best.push(Hit::new(item as usize, similarity));
            }
            best.into_sorted()
        };
        Ok((0..queries.rows()).into_par_iter().map(one).collect())
    }
}

impl Searcher<TokenStates> for TokenIndex {
    fn search(&self, queries: &TokenStates, k: usize) -> Result<Vec<Vec<Hit>>, CoreError> {
        self.search_with(queries, k, &self.search)
    }
}
