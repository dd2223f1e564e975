//! A query and the items that the index finds for it, as an encoding for searching modules.

use ess_core::{Embeddings, Error, Hit, Index, TokenStates};

/// The first pass of feedback: an index, the vectors of its items, and the number of items that are used.
///
/// [`FirstPass::states`] gives a query's vector followed by the vectors of the items that the index finds for it. The result
/// has the form of [`TokenStates`], with items in the place of tokens. So every module that reads token states can be
/// trained on it, for instance attention over the retrieved items.
///
/// ```
/// use ess_core::{Embeddings, Index};
/// use ess_searchers::FirstPass;
/// use ess_index::FlatIndex;
///
/// let items = Embeddings::from_rows(&[[1.0, 0.0], [0.8, 0.6], [0.0, 1.0]])?;
/// let index = FlatIndex::new(items.clone())?;
/// let first = FirstPass::new(&index, &items, 2)?;
/// let queries = Embeddings::from_rows(&[[0.6, 0.8]])?;
/// let states = first.states(&queries)?;
/// assert_eq!(states.embeddings(), &queries);
/// // The query itself, then the items, most similar first.
/// assert_eq!(states.states(0), [0.6, 0.8, 0.8, 0.6, 0.0, 1.0]);
/// assert_eq!(states.prompt_tokens(), 1);
/// # Ok::<(), ess_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct FirstPass<'a, I> {
    index: I,
    items: &'a Embeddings,
    depth: usize,
}

impl<'a, I: Index> FirstPass<'a, I> {
    /// A first pass for `depth` items, or for all where there are fewer. `items` (`m × d`) are the vectors in `index`.
    ///
    /// # Errors
    /// [`Error::DimensionMismatch`] or [`Error::LengthMismatch`] when the items are not the index's,
    /// [`Error::InvalidParameter`] for a depth of 0.
    pub fn new(index: I, items: &'a Embeddings, depth: usize) -> Result<Self, Error> {
        Error::check_dim("items that feedback looks at", index.dim(), items.dim())?;
        let (expected, found) = (index.len(), items.len());
        if expected != found {
            return Err(Error::LengthMismatch { what: "items that feedback looks at", expected, found });
        }
        if depth == 0 {
            let (name, expected) = ("depth of feedback", "at least 1");
            return Err(Error::InvalidParameter { name, expected, found: "0".to_owned() });
        }
        Ok(Self { index, items, depth })
    }

    /// The index.
    pub fn index(&self) -> &I {
        &self.index
    }

    /// The items' vectors, `m × d`.
    pub fn items(&self) -> &'a Embeddings {
        self.items
    }

    /// The first `depth` hits of each of `n` queries (`n × d`), most similar first. It calls the index once.
    ///
    /// # Errors
    /// Those of the index.
    pub fn hits(&self, queries: &Embeddings) -> Result<Vec<Vec<Hit>>, Error> {
        self.index.search(queries, self.depth)
    }

    /// Each of `n` queries (`n × d`) with the items found for it, as states of `d` components.
    ///
    /// The first state is the query's vector and counts as a prompt token ([`TokenStates::prompt_tokens`] is 1). The item
    /// vectors follow, most similar first. The sentence embedding is the query's vector. It calls the index once and returns
    /// `n (depth + 1) d` components.
    ///
    /// # Errors
    /// Those of the index.
    pub fn states(&self, queries: &Embeddings) -> Result<TokenStates, Error> {
        let hits = self.hits(queries)?;
        let rows: usize = hits.iter().map(|hits| hits.len() + 1).sum();
        let mut states = Vec::with_capacity(rows * queries.dim());
        let mut starts = Vec::with_capacity(queries.len() + 1);
        starts.push(0);
        for (query, hits) in queries.rows().zip(&hits) {
            states.extend_from_slice(query);
            hits.iter().for_each(|hit| states.extend_from_slice(self.items.row(hit.item)));
            starts.push(states.len() / queries.dim());
        }
        Ok(TokenStates::new(queries.clone(), queries.dim(), starts, states)?.with_prompt_tokens(1))
    }
}

#[cfg(test)]
mod tests {
    use ess_index::FlatIndex;

    use super::*;
    use ess_core::Encoding;

    #[test]
    fn every_query_stands_before_its_own_items_whatever_is_beside_it() {
        let items = Embeddings::from_rows(&[[1.0, 0.0], [0.8, 0.6], [0.0, 1.0]]).unwrap();
        let index = FlatIndex::new(items.clone()).unwrap();
        let queries = Embeddings::from_rows(&[[1.0, 0.1], [0.1, 1.0]]).unwrap();
        // Deeper than there are items: all of them.
        let first = FirstPass::new(&index, &items, 9).unwrap();
        let both = first.states(&queries).unwrap();
        assert_eq!(both.states(0), [1.0, 0.1, 1.0, 0.0, 0.8, 0.6, 0.0, 1.0]);
        assert_eq!(both.states(1), [0.1, 1.0, 0.0, 1.0, 0.8, 0.6, 1.0, 0.0]);
        let alone = first.states(&queries.select(&[1]).unwrap()).unwrap();
        assert_eq!(alone, both.select_rows(&[1]).unwrap());
    }

    #[test]
    fn items_depths_and_queries_that_do_not_fit_are_refused() {
        let items = Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0]]).unwrap();
        let index = FlatIndex::new(items.clone()).unwrap();
        let new = |items: &Embeddings, depth| FirstPass::new(&index, items, depth).err();
        assert!(matches!(new(&items, 0), Some(Error::InvalidParameter { .. })));
        assert!(matches!(new(&items.select(&[0]).unwrap(), 1), Some(Error::LengthMismatch { .. })));
        let wide = Embeddings::from_rows(&[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]).unwrap();
        assert!(matches!(new(&wide, 1), Some(Error::DimensionMismatch { .. })));
        let first = FirstPass::new(&index, &items, 1).unwrap();
        assert!(matches!(first.states(&wide), Err(Error::DimensionMismatch { .. })));
    }
}
