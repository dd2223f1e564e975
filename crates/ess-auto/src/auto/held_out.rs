//! The queries of a choice, encoded and cut into folds.

use ess_train::near_duplicates;

use crate::{
    config::AutoConfig,
    error::Error,
    input::{batch::Batch, collection::Collection, encoding, training_queries::TrainingQueries},
    validation::folds::{self, FoldEvidence, FoldKind},
};

/// Fewer queries than this cannot be cut into folds that say anything.
pub(super) const MIN_QUERIES: usize = 20;

/// Folds in which more of the queries than this cannot be separated cannot be held out.
const MAX_COMPONENT: f64 = 0.5;

/// All queries, training queries first, and the fold of each.
pub(super) struct HeldOut {
    pub(super) batch: Batch,
    pub(super) fold_of: Vec<usize>,
    pub(super) evidence: FoldEvidence,
    pub(super) train_queries: usize,
    pub(super) dev_queries: usize,
    pub(super) dev_near_duplicates: usize,
}

impl HeldOut {
    /// Cuts `all`, which are `train` and `dev` joined.
    pub(super) fn cut(
        collection: &Collection,
        all: &TrainingQueries,
        train: &TrainingQueries,
        dev: Option<&TrainingQueries>,
        config: &AutoConfig,
    ) -> Result<Self, Error> {
        let batch = encoding::batch(collection, all)?;
        let (train, dev) = (train.set(), dev.map(TrainingQueries::set));
        let judged = dev.map(|dev| dev.judgements());
        let queries = all.set().encodings();
        let (fold_of, evidence) = folds::cut(queries, train.judgements(), judged, config.folds, config.seed);
        let dev_near_duplicates = match dev {
            Some(dev) => near_duplicates(&[train.encodings()], dev.encodings())?,
            None => 0,
        };
        let (train_queries, dev_queries) = (train.len(), all.set().len() - train.len());
        Ok(Self { batch, fold_of, evidence, train_queries, dev_queries, dev_near_duplicates })
    }

    /// Whether there are queries enough to be evidence of anything.
    pub(super) fn are_enough(&self) -> bool {
        self.fold_of.len() >= MIN_QUERIES
    }

    /// Whether folds can tell what training is worth: a group that is most of the queries cannot be held out.
    pub(super) fn judge_training(&self) -> bool {
        self.evidence.kind == FoldKind::ByQuery || self.evidence.largest_component < MAX_COMPONENT
    }
}

#[cfg(test)]
mod tests {
    use ess_core::{Embeddings, Ids};
    use ess_train::{Judgement, QuerySet};
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::validation::budget::{Budget, in_own_threads};

    /// Random queries, each of which asks for the one item.
    fn queries(n: usize, seed: u64) -> TrainingQueries {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let values = (0..n * 64).map(|_| random.random_range(-1.0_f32..1.0)).collect();
        let embeddings = Embeddings::from_vec(values, 64).unwrap();
        let judged = vec![vec![Judgement { item: 0, grade: 1 }]; n];
        TrainingQueries::new(QuerySet::new(embeddings, judged).unwrap())
    }

    #[test]
    fn counting_near_duplicates_is_paid_from_the_budget() {
        let item = Embeddings::from_vec(vec![1.0; 64], 64).unwrap();
        let collection = Collection::new(Ids::new(vec!["one".to_owned()]).unwrap(), item).unwrap();
        let (train, dev) = (queries(2000, 1), queries(2000, 2));
        let all = train.join(Some(&dev)).unwrap();
        // Where dev queries are not divided into groups there is nothing to count, and all else is the same.
        let spent = |counted: bool| {
            in_own_threads(|| {
                let budget = Budget::new(1.0, 0.0);
                let (first, second) = if counted { (&train, Some(&dev)) } else { (&all, None) };
                let cut = HeldOut::cut(&collection, &all, first, second, &AutoConfig::default())?;
                assert_eq!(cut.train_queries + cut.dev_queries, 4000);
                Ok(budget.spent())
            })
            .unwrap()
        };
        let alone = || {
            in_own_threads(|| {
                let budget = Budget::new(1.0, 0.0);
                near_duplicates(&[train.set().encodings()], dev.set().encodings())?;
                Ok(budget.spent())
            })
            .unwrap()
        };
        // The least of three: a machine that is busy with other work adds to any of them.
        let least = |work: &dyn Fn() -> f64| (0..3).map(|_| work()).fold(f64::INFINITY, f64::min);
        let (with, without, alone) = (least(&|| spent(true)), least(&|| spent(false)), least(&alone));
        assert!(alone > 0.0 && with - without > 0.3 * alone, "{with} with, {without} without, {alone} alone");
    }
}
