//! Training a head: a searching module on the embeddings alone.

use std::collections::BTreeSet;

use burn::tensor::Device;
use ess_core::Embeddings;
use ess_search::{ModuleState, PersistentModule};
use ess_train::{
    ClosedForm, Items, Judgement, Progress, QuerySet, RecipeConfig, Trainer, TrainerConfig, TrainingRecord,
};
use rand::{SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;

use crate::{Error, HeadConfig, budget::Budget, folds::relevant};

/// Items that a head is trained against; of larger collections a part stands for the rest.
const MOST_ITEMS: usize = 30_000;

/// The items that heads are trained against: all of them, or in a large collection the relevant ones of the queries that it
/// is trained on and a sample, which is the same for all.
pub(crate) struct HeadItems {
    // All rows of the collection in a random order; `None` for a collection that is not large.
    order: Option<Vec<usize>>,
    /// Where heads are trained.
    device: Device,
}

impl HeadItems {
    pub(crate) fn new(items: usize, seed: u64, device: &Device) -> Self {
        let order = (items > MOST_ITEMS).then(|| {
            let mut order: Vec<usize> = (0..items).collect();
            order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
            order
        });
        Self { order, device: device.clone() }
    }

    /// Trains on all steps of the config.
    pub(crate) fn train(
        &self,
        config: &HeadConfig,
        seed: u64,
        items: &Embeddings,
        queries: &QuerySet,
    ) -> Result<Box<dyn PersistentModule>, Error> {
        let rows = self.order.as_ref().map(|order| rows(order, queries.judgements(), MOST_ITEMS));
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
        let record = self.record(config, queries.encodings().dim())?;
        Ok(recipe.refit(&trainer, &Items::new(items, &self.device), &queries, &record, 1.0)?.module)
    }

    fn record(&self, config: &HeadConfig, dim: usize) -> Result<TrainingRecord, Error> {
        let found = || config.module.kind().to_owned();
        without_dev(&config.module, dim).map_err(|expected| Error::Config {
            name: "heads",
            expected,
            found: found(),
        })
    }

    /// CPU-seconds of training a head, judged by two steps of it; a closed form has no steps and is done whole.
    pub(crate) fn seconds_of_training(
        &self,
        budget: &Budget,
        config: &HeadConfig,
        items: &Embeddings,
        queries: &QuerySet,
    ) -> Result<f64, Error> {
        let mut probe = config.clone();
        probe.trainer.max_steps = config.trainer.max_steps.min(2);
        let before = budget.spent();
        self.train(&probe, 0, items, queries)?;
        let seconds = budget.spent() - before;
        let steps = config.trainer.max_steps as f64 / probe.trainer.max_steps.max(1) as f64;
        Ok(if is_closed_form(&config.module) { seconds } else { steps * seconds })
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

/// The queries with judgements of some items, by their place among these.
fn renumbered(queries: &QuerySet, rows: &[usize]) -> Result<QuerySet, Error> {
    let renumber = |judged: &Vec<Judgement>| -> Vec<Judgement> {
        let known = judged
            .iter()
            .filter_map(|j| Some(Judgement { item: rows.binary_search(&j.item).ok()?, grade: j.grade }));
        known.collect()
    };
    let judgements = queries.judgements().iter().map(renumber).collect();
    Ok(QuerySet::new(queries.encodings().clone(), judgements)?)
}

/// The record of a training that has no dev queries to choose by: all steps, and the first of a closed form's settings. What
/// would be needed where there is none.
pub(crate) fn without_dev(module: &RecipeConfig, dim: usize) -> Result<TrainingRecord, &'static str> {
    let of_parts = |parts: Vec<TrainingRecord>| TrainingRecord { parts, ..TrainingRecord::default() };
    Ok(match module {
        module if module.reads_token_states() => return Err("kinds that read embeddings, not token states"),
        RecipeConfig::Ridge(fit) => first_settings(fit, dim),
        RecipeConfig::PositivesRidge(fit) => first_settings(fit, dim),
        RecipeConfig::SoftmaxRidge(fit) => first_settings(fit, dim),
        RecipeConfig::Procrustes(fit) => first_settings(fit, dim),
        RecipeConfig::Cca(fit) => first_settings(fit, dim),
        RecipeConfig::Whitening(fit) => first_settings(fit, dim),
        RecipeConfig::Pca(fit) => first_settings(fit, dim),
        RecipeConfig::AllButTheTop(fit) => first_settings(fit, dim),
        RecipeConfig::Ensemble(ensemble) => {
            let parts = ensemble.members.iter().map(|member| without_dev(member, dim));
            of_parts(parts.collect::<Result<_, _>>()?)
        }
        RecipeConfig::Soup(soup) => of_parts(vec![without_dev(&soup.of, dim)?; soup.runs]),
        RecipeConfig::Interpolation(interpolation) => {
            let weight = interpolation
                .weight
                .ok_or("with a weight of an interpolation, since there is no dev to choose it")?;
            let settings = TrainingRecord::of_settings([("weight", f64::from(weight))]);
            TrainingRecord { parts: vec![without_dev(&interpolation.of, dim)?], ..settings }
        }
        RecipeConfig::WeightedEnsemble(ensemble) if !ensemble.jointly => {
            return Err(
                "a weighted ensemble that is trained jointly, since there is no dev to weigh its members by",
            );
        }
        _ => TrainingRecord::default(),
    })
}

fn is_closed_form(module: &RecipeConfig) -> bool {
    use RecipeConfig::{AllButTheTop, Cca, Pca, PositivesRidge, Procrustes, Ridge, SoftmaxRidge, Whitening};
    match module {
        Ridge(_) | PositivesRidge(_) | SoftmaxRidge(_) | Procrustes(_) => true,
        Cca(_) | Whitening(_) | Pca(_) | AllButTheTop(_) => true,
        RecipeConfig::Interpolation(interpolation) => is_closed_form(&interpolation.of),
        _ => false,
    }
}

fn first_settings(fit: &impl ClosedForm, dim: usize) -> TrainingRecord {
    let mut record = fit.grid(dim, dim).into_iter().next().unwrap_or_default();
    record.settings.extend(fit.shares().first().map(|&share| ("share".to_owned(), share)));
    record
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
        let items = HeadItems::new(2 * MOST_ITEMS, 3, &Device::flex());
        let order = items.order.unwrap();
        let judged = |items: &[usize]| -> Vec<Vec<Judgement>> {
            items.iter().map(|&item| vec![Judgement { item, grade: 1 }]).collect()
        };
        let learned: Vec<usize> = (0..400).map(|query| query * 7).collect();
        let rows = rows(&order, &judged(&learned), MOST_ITEMS);
        assert_eq!(rows.len(), MOST_ITEMS);
        assert!(rows.is_sorted() && learned.iter().all(|item| rows.binary_search(item).is_ok()));
        // What held-out queries ask for is in the sample by chance alone: half of 400, and four standard errors.
        let held = (0..400).map(|query| 10_000 + query * 11);
        let kept = held.filter(|item| rows.binary_search(item).is_ok()).count();
        assert!((160..=240).contains(&kept), "{kept}");
        assert!(HeadItems::new(MOST_ITEMS, 3, &Device::flex()).order.is_none());
    }
}
