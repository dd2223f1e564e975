//! Training a searching module on the embeddings alone.

use std::collections::BTreeSet;

use burn::tensor::Device;
use ess_core::Embeddings;
use ess_search::{ModuleState, PersistentModule};
use ess_train::{Items, Judgement, Progress, QuerySet, TeacherScore, Trained, Trainer, TrainerConfig};
use rand::{SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;

use super::{budget::Budget, folds::relevant};
use crate::{config::TrainedModuleConfig, error::Error};

/// Items that a module is trained against; of larger collections a part stands for the rest.
const MAX_ITEMS: usize = 30_000;

/// The items that modules are trained against: all of them, or in a large collection the relevant ones of the queries that it
/// is trained on and a sample, which is the same for all.
pub(crate) struct TrainingItems {
    // All rows of the collection in a random order; `None` for a collection that is not large.
    order: Option<Vec<usize>>,
    /// Where modules are trained.
    device: Device,
}

impl TrainingItems {
    pub(crate) fn new(items: usize, seed: u64, device: &Device) -> Self {
        let order = (items > MAX_ITEMS).then(|| {
            let mut order: Vec<usize> = (0..items).collect();
            order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
            order
        });
        Self { order, device: device.clone() }
    }

    /// Trains on all steps of the config.
    pub(crate) fn train(
        &self,
        config: &TrainedModuleConfig,
        seed: u64,
        items: &Embeddings,
        queries: &QuerySet,
    ) -> Result<Box<dyn PersistentModule>, Error> {
        Ok(self.trained(config, seed, items, queries)?.module)
    }

    fn trained(
        &self,
        config: &TrainedModuleConfig,
        seed: u64,
        items: &Embeddings,
        queries: &QuerySet,
    ) -> Result<Trained, Error> {
        let rows = self.order.as_ref().map(|order| rows(order, queries.judgements(), MAX_ITEMS));
        let sampled = rows.as_ref().map(|rows| items.select(rows)).transpose()?;
        let items = sampled.as_ref().unwrap_or(items);
        let seed = config.trainer.seed.wrapping_add(seed);
        let trainer = TrainerConfig { seed, refit: false, ..config.trainer.clone() };
        let trainer = Trainer::new(trainer)?.with_progress(Progress::Silent);
        let recipe = config.module.build(queries.encodings().dim(), items.dim(), 0)?;
        let queries = match &rows {
            Some(rows) => renumbered(queries, rows)?,
            None => queries.clone(),
        };
        Ok(recipe.train_without_dev(&trainer, &Items::new(items, &self.device), &queries)?)
    }

    /// CPU-seconds of training a module, judged by two steps of it; a closed form has no steps and is done whole.
    pub(crate) fn seconds_of_training(
        &self,
        budget: &Budget,
        config: &TrainedModuleConfig,
        items: &Embeddings,
        queries: &QuerySet,
    ) -> Result<f64, Error> {
        let mut probe = config.clone();
        probe.trainer.max_steps = config.trainer.max_steps.min(2);
        let before = budget.spent();
        let in_steps = !self.trained(&probe, 0, items, queries)?.record.curves().is_empty();
        let seconds = budget.spent() - before;
        let steps = config.trainer.max_steps as f64 / probe.trainer.max_steps.max(1) as f64;
        Ok(if in_steps { steps * seconds } else { seconds })
    }
}

/// The rows in order: those that are relevant to the queries, and of the others the first in `order`, as many as there may be.
fn rows(order: &[usize], judgements: &[Vec<Judgement>], most: usize) -> Vec<usize> {
    let mut rows: BTreeSet<usize> = judgements.iter().flat_map(|judged| relevant(judged)).collect();
    for &row in order {
        if rows.len() >= most {
            break;
        }
        rows.insert(row);
    }
    rows.into_iter().collect()
}

/// The queries with judgements, a teacher's scores, negatives and items left out of rankings, by their index among some
/// items.
fn renumbered(queries: &QuerySet, rows: &[usize]) -> Result<QuerySet, Error> {
    let position = |item: usize| rows.binary_search(&item).ok();
    let judgements = queries.judgements().iter().map(|judged| {
        judged.iter().filter_map(|j| Some(Judgement { item: position(j.item)?, ..*j })).collect()
    });
    let mut set = QuerySet::new(queries.encodings().clone(), judgements.collect())?;
    if !queries.teacher().is_empty() {
        let teacher = queries.teacher().iter().map(|scores| {
            scores.iter().filter_map(|s| Some(TeacherScore { item: position(s.item)?, ..*s })).collect()
        });
        set = set.with_teacher(teacher.collect())?;
    }
    if !queries.negatives().is_empty() {
        let negatives = queries.negatives().iter();
        set = set.with_negatives(
            negatives.map(|items| items.iter().filter_map(|&item| position(item)).collect()).collect(),
        )?;
    }
    if !queries.left_out().is_empty() {
        set = set.with_left_out(queries.left_out().iter().map(|item| item.and_then(position)).collect())?;
    }
    if !queries.weights().is_empty() {
        set = set.with_weights(queries.weights().to_vec())?;
    }
    Ok(set.with_rows(queries.rows())?)
}

/// A module from its state, on the CPU.
pub(crate) fn build(state: &ModuleState) -> Result<Box<dyn PersistentModule>, Error> {
    Ok(ess_search::Registry::default().build(state, &Device::flex())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_large_collection_what_others_ask_for_is_kept_no_more_often_than_anything_else() {
        let items = TrainingItems::new(2 * MAX_ITEMS, 3, &Device::flex());
        let order = items.order.unwrap();
        let judged = |items: &[usize]| -> Vec<Vec<Judgement>> {
            items.iter().map(|&item| vec![Judgement { item, grade: 1 }]).collect()
        };
        let learned: Vec<usize> = (0..400).map(|query| query * 7).collect();
        let rows = rows(&order, &judged(&learned), MAX_ITEMS);
        assert_eq!(rows.len(), MAX_ITEMS);
        assert!(rows.is_sorted() && learned.iter().all(|item| rows.binary_search(item).is_ok()));
        // What held-out queries ask for is in the sample by chance alone: half of 400, and four standard errors.
        let held = (0..400).map(|query| 10_000 + query * 11);
        let kept = held.filter(|item| rows.binary_search(item).is_ok()).count();
        assert!((160..=240).contains(&kept), "{kept}");
        assert!(TrainingItems::new(MAX_ITEMS, 3, &Device::flex()).order.is_none());
    }

    #[test]
    fn of_a_large_collection_weights_scores_and_negatives_stay() {
        let judged = vec![vec![Judgement { item: 4, grade: 2 }], vec![Judgement { item: 9, grade: 1 }]];
        let queries = QuerySet::new(Embeddings::from_rows(&[[1.0], [2.0]]).unwrap(), judged).unwrap();
        let score = |item, score| TeacherScore { item, score };
        let queries = queries.with_teacher(vec![vec![score(4, 0.5), score(5, 0.1)], vec![]]).unwrap();
        let queries = queries.with_negatives(vec![vec![9, 5], vec![4]]).unwrap();
        let queries = queries.with_left_out(vec![Some(9), Some(5)]).unwrap();
        let queries = queries.with_weights(vec![3.0, 1.0]).unwrap().with_rows(vec![7, 2]).unwrap();
        let found = renumbered(&queries, &[2, 4, 9]).unwrap();
        assert_eq!(found.judgements()[1], [Judgement { item: 2, grade: 1 }]);
        assert_eq!(found.teacher(), [vec![score(1, 0.5)], vec![]]);
        assert_eq!(found.negatives(), [vec![2], vec![1]]);
        assert_eq!(found.left_out(), [Some(2), None]);
        assert_eq!((found.weights(), found.rows()), (&[3.0, 1.0][..], vec![7, 2]));
    }
}
