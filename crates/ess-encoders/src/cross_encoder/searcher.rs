//! A first pass by any searcher, reordered by a cross-encoder.

use std::sync::Arc;

use ess_core::{Encoding, Error, Hit, Searcher, TopK};

use super::{encoder::CrossEncoder, pair_cut::PairCut, query_texts::QueryTexts};

/// A first pass by any searcher, whose best items a cross-encoder reads with the query and reorders by its scores.
///
/// `max(depth, k)` items of the first pass are read for each query. Queries stay whole ([`PairCut::Item`]). Similarities of hits are
/// the cross-encoder's scores.
///
/// ```no_run
/// use std::sync::Arc;
///
/// use ess_core::{ExactIndex, Identity, IndexSearcher, ItemEncoder, QueryEncoder, Searcher};
/// use ess_encoders::{CrossEncoder, CrossSearcher, SentenceEncoder, WithQueryTexts};
///
/// let items = ["Stocks fell.", "The cat is on the mat."];
/// let encoder = SentenceEncoder::load("all-MiniLM-L6-v2")?;
/// let index = ExactIndex::new(encoder.encode_items(&items)?);
/// let first = IndexSearcher::new::<ess_core::Embeddings>(Identity::new(384), index)?;
///
/// let cross = Arc::new(CrossEncoder::load("ms-marco-MiniLM-L6-v2")?);
/// let searcher = CrossSearcher::new(first, cross, items.map(str::to_owned).to_vec(), 100)?;
/// let queries = WithQueryTexts(encoder).encode_queries(&["where is the cat?"])?;
/// assert_eq!(searcher.search(&queries, 1)?[0][0].item, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct CrossSearcher<S> {
    first: S,
    encoder: Arc<CrossEncoder>,
    items: Vec<String>,
    depth: usize,
}

impl<S> CrossSearcher<S> {
    /// A searcher and the texts of its items, in its order.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for a depth of 0, [`Error::Empty`] for no item.
    pub fn new(
        first: S,
        encoder: Arc<CrossEncoder>,
        items: Vec<String>,
        depth: usize,
    ) -> Result<Self, Error> {
        if depth == 0 {
            let (name, expected) = ("depth", "at least 1");
            return Err(Error::InvalidParameter { name, expected, found: depth.to_string() });
        }
        if items.is_empty() {
            return Err(Error::Empty { what: "items to reorder" });
        }
        Ok(Self { first, encoder, items, depth })
    }

    fn reorder(&self, query: &str, found: &[Hit], k: usize) -> Result<Vec<Hit>, Error> {
        if found.is_empty() {
            return Ok(Vec::new());
        }
        let len = self.items.len();
        let text = |hit: &Hit| {
            let text = self.items.get(hit.item).map(String::as_str);
            text.ok_or(Error::RowOutOfRange { what: "text of a hit", row: hit.item, len })
        };
        let pairs = found.iter().map(|hit| Ok((query, text(hit)?))).collect::<Result<Vec<_>, Error>>()?;
        let mut best = TopK::new(k);
        for (hit, score) in found.iter().zip(self.encoder.pair_scores_cut(&pairs, PairCut::Item)?) {
            best.push(Hit::new(hit.item, score));
        }
        Ok(best.into_sorted())
    }
}

impl<E: Encoding, S: Searcher<E>> Searcher<QueryTexts<E>> for CrossSearcher<S> {
    fn search(&self, queries: &QueryTexts<E>, k: usize) -> Result<Vec<Vec<Hit>>, Error> {
        Error::check_k(k, self.items.len())?;
        let found = self.first.search(queries.encoding(), self.depth.max(k))?;
        queries.texts().iter().zip(&found).map(|(query, hits)| self.reorder(query, hits, k)).collect()
    }
}
