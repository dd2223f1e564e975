//! s of Eq. 3, fitted: from similarities and judgements to a link.

use ess_core::{CalibratedLink, Embeddings, IsotonicLink, Link, Scored, SearchModule, Sigmoid};
use ess_metrics::{Calibration, Calibrator, Isotonic};
use ess_search::DeviceEncoding;
use rand::{SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;

use crate::{
    data::{items::Items, query_set::definition::QuerySet},
    error::Error,
};

/// Pairs of query and item as a searching module sees them: the `k` most similar items of each query, relevant where
/// they are judged so. An unjudged item counts as not relevant, as in trec_eval.
///
/// So P(rel = 1 | q, d) is fitted for the items that a user is shown. Over all items, most of which are far from the query,
/// the probability would be another.
///
/// ```
/// use burn::tensor::Device;
/// use ess_core::{Embeddings, Identity, Link};
/// use ess_train::{Calibration, Items, Judgement, QuerySet, SimilaritySample};
///
/// let embeddings = Embeddings::from_rows(&[[1.0, 0.0], [0.8, 0.6], [0.0, 1.0]])?;
/// let items = Items::new(&embeddings, &Device::flex());
/// let relevant = |item| vec![Judgement { item, grade: 1 }];
/// let queries = QuerySet::new(Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0]])?, vec![relevant(0), relevant(2)])?;
/// let sample = SimilaritySample::of_hits(&Identity::new(2), &queries, &items, 3)?;
/// assert_eq!((sample.len(), sample.relevant().iter().filter(|&&relevant| relevant).count()), (6, 2));
/// let s = sample.fit(Calibration::Platt)?;
/// assert!(s.probability(1.0) > s.probability(0.0));
/// # Ok::<(), ess_train::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SimilaritySample {
    similarities: Vec<f32>,
    relevant: Vec<bool>,
    /// The query of each pair, from 0.
    queries: Vec<usize>,
}

impl SimilaritySample {
    /// The `k` best hits of each query, `k` at most the number of items.
    ///
    /// # Errors
    /// [`Error::UnknownItem`] for a judgement of an item that does not exist; those of the module and of the index.
    pub fn of_hits<E: DeviceEncoding>(
        module: &dyn SearchModule<E>,
        queries: &QuerySet<E>,
        items: &Items<'_>,
        k: usize,
    ) -> Result<Self, Error> {
        Self::of_hits_except(module, queries, items, k, |_| None)
    }

    /// As [`SimilaritySample::of_hits`], where `left_out` gives, for the index of a query in `queries`, the row of the item
    /// that is left out of its hits: the query itself, where queries are items too.
    ///
    /// # Errors
    /// Those of [`SimilaritySample::of_hits`].
    pub fn of_hits_except<E: DeviceEncoding>(
        module: &dyn SearchModule<E>,
        queries: &QuerySet<E>,
        items: &Items<'_>,
        k: usize,
        left_out: impl Fn(usize) -> Option<usize>,
    ) -> Result<Self, Error> {
        queries.check_items(items.embeddings().len())?;
        let mapped: Embeddings = module.apply(queries.encodings())?;
        let depth = k.saturating_add(1);
        let hits = match module.scoring() {
            Some(scoring) => Scored::new(&*scoring).search(&mapped, items.embeddings(), depth)?,
            None => items.index()?.search(&mapped, depth)?,
        };
        let mut sample = Self::default();
        for (query, (hits, judged)) in hits.iter().zip(queries.judgements()).enumerate() {
            let left_out = left_out(query);
            for hit in hits.iter().filter(|hit| Some(hit.item) != left_out).take(k) {
                sample.similarities.push(hit.similarity);
                sample.relevant.push(judged.iter().any(|j| j.item == hit.item && j.grade > 0));
                sample.queries.push(query);
            }
        }
        Ok(sample)
    }

    /// The number of pairs.
    pub fn len(&self) -> usize {
        self.similarities.len()
    }

    /// Whether there is no pair.
    pub fn is_empty(&self) -> bool {
        self.similarities.is_empty()
    }

    /// The similarity of each pair.
    pub fn similarities(&self) -> &[f32] {
        &self.similarities
    }

    /// Whether each pair's item is relevant.
    pub fn relevant(&self) -> &[bool] {
        &self.relevant
    }

    /// Fits a link.
    ///
    /// # Errors
    /// [`Error::Metrics`] when all pairs or none are relevant, or similarity does not rise with relevance.
    pub fn fit(&self, calibration: Calibration) -> Result<CalibratedLink, Error> {
        Ok(match calibration.fit(&self.similarities, &self.relevant)? {
            Calibrator::Logistic(fitted) => Sigmoid::new(fitted.scale as f32, fitted.bias as f32)?.into(),
            Calibrator::Isotonic(Isotonic { scores, probabilities }) => {
                // Scores were f32, so they stay apart.
                let narrow = |values: Vec<f64>| values.into_iter().map(|x| x as f32).collect();
                IsotonicLink::new(narrow(scores), narrow(probabilities))?.into()
            }
        })
    }

    /// The probability of each pair by a link that was fitted without the pair's query: cross-fitting over `folds` sets of
    /// queries, drawn by `seed`. It estimates from one set of queries how good a link is on unseen queries.
    ///
    /// # Errors
    /// [`Error::Config`] for fewer than 2 folds or more than there are queries, and those of
    /// [`SimilaritySample::fit`].
    pub fn cross_fitted(&self, calibration: Calibration, folds: usize, seed: u64) -> Result<Vec<f32>, Error> {
        let count = self.queries.last().map_or(0, |&last| last + 1);
        if !(2..=count.max(2)).contains(&folds) || count < 2 {
            let (name, expected) = ("folds", "at least 2 and at most one for each query");
            return Err(Error::Config { name, expected, found: folds.to_string() });
        }
        let mut order: Vec<usize> = (0..count).collect();
        order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
        let mut fold_of = vec![0; count];
        for (position, query) in order.into_iter().enumerate() {
            fold_of[query] = position % folds;
        }
        let mut probabilities = vec![0.0; self.len()];
        for fold in 0..folds {
            let held_out = |&pair: &usize| fold_of[self.queries[pair]] == fold;
            let (inside, outside): (Vec<usize>, Vec<usize>) = (0..self.len()).partition(held_out);
            let link = self.select(&outside).fit(calibration)?;
            for pair in inside {
                probabilities[pair] = link.probability(self.similarities[pair]);
            }
        }
        Ok(probabilities)
    }

    fn select(&self, pairs: &[usize]) -> Self {
        Self {
            similarities: pairs.iter().map(|&pair| self.similarities[pair]).collect(),
            relevant: pairs.iter().map(|&pair| self.relevant[pair]).collect(),
            queries: pairs.iter().map(|&pair| self.queries[pair]).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pairs whose odds of relevance double with each step of similarity.
    fn sample() -> SimilaritySample {
        let mut sample = SimilaritySample::default();
        for query in 0..40 {
            for step in 0..10_usize {
                sample.similarities.push(step as f32 * 0.1);
                let odds = 0.05 * 2_f64.powi(step as i32);
                sample.relevant.push(((query * 10 + step) as f64 * 0.618_034).fract() < odds / (1.0 + odds));
                sample.queries.push(query);
            }
        }
        sample
    }

    #[test]
    fn every_calibration_says_the_share_of_relevant_on_queries_it_has_not_seen() {
        let sample = sample();
        for calibration in [Calibration::Platt, Calibration::Temperature, Calibration::Isotonic] {
            let probabilities = sample.cross_fitted(calibration, 5, 0).unwrap();
            let diagram = ess_metrics::ReliabilityDiagram::new(
                &probabilities,
                sample.relevant(),
                ess_metrics::Binning::EqualWidth { bins: 5 },
            );
            let error = diagram.unwrap().expected_calibration_error();
            assert!(error < 0.06, "{calibration:?}: {error}");
            assert_eq!(probabilities, sample.cross_fitted(calibration, 5, 0).unwrap(), "it repeats");
        }
    }

    #[test]
    fn a_fold_does_not_see_its_own_queries() {
        // Every query's pairs are all relevant or none is; two folds of one query each have one outcome alone.
        let sample = SimilaritySample {
            similarities: vec![0.1, 0.2, 0.3, 0.4],
            relevant: vec![false, false, true, true],
            queries: vec![0, 0, 1, 1],
        };
        let found = sample.cross_fitted(Calibration::Platt, 2, 0);
        assert!(matches!(found, Err(Error::Metrics(ess_metrics::Error::OneOutcome { .. }))));
        assert!(matches!(sample.cross_fitted(Calibration::Platt, 3, 0), Err(Error::Config { .. })));
        assert!(matches!(sample.cross_fitted(Calibration::Platt, 1, 0), Err(Error::Config { .. })));
    }
}
