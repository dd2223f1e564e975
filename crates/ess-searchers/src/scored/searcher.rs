//! A first pass by inner products, and exact scores of what it finds.

use std::{collections::HashSet, sync::Arc};

use ess_core::{Embeddings, Encoding, Error, Hit, Index, Scored, Scoring, SearchModule, Searcher, TopK};
use rayon::prelude::*;

use super::found::ScoredHits;

/// Searches with a module whose queries are rows of a [`Scoring`], such as a Poly-encoder or a Hypencoder, over any index.
///
/// The first pass asks the index for the `pool` best items of each vector that the scoring searches with: all `m` of a Poly-encoder, the
/// plain one of a Hypencoder. The union is scored exactly. A search for the exact best ([`ScoredSearcher::exact`]) goes deeper
/// until what was not seen is bounded below the last hit. Of a Poly-encoder that bound is the largest, over its vectors, of the
/// similarity at which the first pass ended, since its score is a mean of the inner products. A scoring without a bound then scores
/// every item.
///
/// A module without a scoring is searched by the index alone.
///
/// ```
/// use std::sync::Arc;
/// use ess_core::{Embeddings, Error, Mixture, Scoring, SearchModule, Searcher};
/// use ess_index::FlatIndex;
/// use ess_searchers::ScoredSearcher;
///
/// /// Queries that are two vectors already.
/// struct TwoVectors;
///
/// impl SearchModule for TwoVectors {
///     fn query_dim(&self) -> usize { 4 }
///     fn item_dim(&self) -> usize { 2 }
///     fn apply(&self, encodings: &Embeddings) -> Result<Embeddings, Error> { Ok(encodings.clone()) }
///     fn scoring(&self) -> Option<Arc<dyn Scoring>> { Some(Arc::new(Mixture { vectors: 2, sharpness: 10.0 })) }
/// }
///
/// let items = Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0], [0.7, 0.7]])?;
/// let searcher = ScoredSearcher::new::<Embeddings>(TwoVectors, FlatIndex::new(items.clone())?, items, 1)?.exact();
/// let query = Embeddings::from_rows(&[[1.0, 0.0, 0.0, 0.9]])?;
/// let found = &searcher.search_scored(&query, 1)?[0];
/// assert_eq!((found.hits[0].item, found.proven), (0, true));
/// assert_eq!(searcher.search(&query, 1)?[0], found.hits);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ScoredSearcher<M, I> {
    module: M,
    index: I,
    items: Embeddings,
    pool: usize,
    exact: bool,
    /// The norm of the longest item.
    longest: f32,
}

impl<M, I: Index> ScoredSearcher<M, I> {
    /// A module, an index of items and the items themselves (`m × d_item`). `max(pool, k)` items are found with each vector.
    ///
    /// # Errors
    /// [`Error::DimensionMismatch`] and [`Error::LengthMismatch`] for parts that do not fit together; [`Error::InvalidParameter`]
    /// for a pool of 0.
    pub fn new<E: Encoding>(module: M, index: I, items: Embeddings, pool: usize) -> Result<Self, Error>
    where
        M: SearchModule<E>,
    {
        Error::check_dim("index behind a searching module", module.item_dim(), index.dim())?;
        Error::check_dim("items that are scored", index.dim(), items.dim())?;
        let (what, expected, found) = ("items that are scored", index.rows(), items.len());
        if expected != found {
            return Err(Error::LengthMismatch { what, expected, found });
        }
        if pool == 0 {
            let (name, expected) = ("pool", "at least 1");
            return Err(Error::InvalidParameter { name, expected, found: pool.to_string() });
        }
        let longest = items.rows().map(norm).fold(0.0, f32::max);
        Ok(Self { module, index, items, pool, exact: false, longest })
    }

    /// The same searcher, which goes on until its hits are proven to be the best ([`ScoredHits::proven`]).
    #[must_use]
    pub fn exact(mut self) -> Self {
        self.exact = true;
        self
    }

    /// As [`Searcher::search`], with what is known of the hits.
    ///
    /// # Errors
    /// Those of [`Searcher::search`].
    pub fn search_scored<E: Encoding>(&self, encodings: &E, k: usize) -> Result<Vec<ScoredHits>, Error>
    where
        M: SearchModule<E>,
    {
        Error::check_k(k, self.index.len())?;
        let rows = self.module.apply(encodings)?;
        let Some(scoring) = self.module.scoring() else {
            let scored = k.min(self.index.len());
            let plain = |hits| ScoredHits { hits, proven: self.index.capabilities().exact, scored };
            return Ok(self.index.search(&rows, k)?.into_iter().map(plain).collect());
        };
        Error::check_dim("rows of queries that are scored", scoring.width(self.items.dim()), rows.dim())?;
        let rows: Vec<&[f32]> = rows.rows().collect();
        rows.into_par_iter().map(|row| self.of_query(&scoring, row, k)).collect()
    }

    /// Deeper and deeper, until the hits are proven or, where they need not be, once.
    fn of_query(&self, scoring: &Arc<dyn Scoring>, row: &[f32], k: usize) -> Result<ScoredHits, Error> {
        let dim = self.items.dim();
        let (vectors, values) = row.split_at(scoring.vectors() * dim);
        let vectors = Embeddings::from_vec(vectors[..scoring.searched() * dim].to_vec(), dim)?;
        let slack = dim as f32 * f32::EPSILON * self.longest * vectors.rows().map(norm).fold(0.0, f32::max);
        let (mut seen, mut best) = (HashSet::new(), TopK::new(k.min(self.index.len())));
        let mut depth = self.pool.max(k).min(self.index.len());
        loop {
            let lists = self.index.search(&vectors, depth)?;
            let new = lists.iter().flatten().map(|hit| hit.item).filter(|item| seen.insert(*item)).collect();
            self.score(scoring, row, new, &mut best)?;
            let hits = best.clone().into_sorted();
            let all = seen.len() >= self.index.len();
            let ends: Option<Vec<f32>> =
                lists.iter().map(|hits| hits.last().map(|hit| hit.similarity)).collect();
            let bound = ends.and_then(|ends| scoring.bound(&ends, values)).map(|bound| bound + slack);
            let last = hits.last().filter(|_| hits.len() >= k).map(|hit| hit.similarity);
            let bounded = self.index.capabilities().exact && last.zip(bound).is_some_and(|(a, b)| a > b);
            let proven = all || bounded;
            if proven || !self.exact || depth >= self.index.len() {
                return Ok(ScoredHits { hits, proven, scored: seen.len() });
            }
            depth = if bound.is_none() { usize::MAX } else { depth.saturating_mul(2) }.min(self.index.len());
        }
    }

    /// Offers the exact scores of these items.
    fn score(
        &self,
        scoring: &Arc<dyn Scoring>,
        row: &[f32],
        items: Vec<usize>,
        best: &mut TopK,
    ) -> Result<(), Error> {
        // A part at a time, so that a search through all items does not copy them.
        for items in items.chunks(4096) {
            let chosen = self.items.select(items)?;
            let scores = Scored::new(&**scoring).of_query(row, chosen.view())?;
            items.iter().zip(scores).for_each(|(&item, score)| best.push(Hit::new(item, score)));
        }
        Ok(())
    }
}

impl<E: Encoding, M: SearchModule<E>, I: Index> Searcher<E> for ScoredSearcher<M, I> {
    /// As [`Searcher::search`].
    ///
    /// # Errors
    /// [`Error::KOutOfRange`] for `k = 0`; [`Error::NonFinite`] for scores that overflow; those of the module and of the index.
    fn search(&self, encodings: &E, k: usize) -> Result<Vec<Vec<Hit>>, Error> {
        Ok(self.search_scored(encodings, k)?.into_iter().map(|found| found.hits).collect())
    }
}

fn norm(vector: &[f32]) -> f32 {
    vector.iter().map(|x| x * x).sum::<f32>().sqrt()
}
