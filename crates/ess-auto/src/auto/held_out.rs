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
