//! Training a head: a searching module on the embeddings alone.

use burn::tensor::Device;
use cpu_time::ProcessTime;
use ess_core::Embeddings;
use ess_search::{ModuleState, PersistentModule};
use ess_train::{
    ClosedForm, Items, Judgement, Progress, QuerySet, RecipeConfig, Trainer, TrainerConfig, TrainingRecord,
};
use rand::{SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;

use crate::{Error, HeadConfig};

/// Items that a head is trained against; of larger collections a part stands for the rest.
const MOST_ITEMS: usize = 30_000;

/// The items that heads are trained against: all of them, or in a large collection every relevant one and a sample.
pub(crate) struct HeadItems {
    // The rows in the collection, in order; `None` for all.
    rows: Option<Vec<usize>>,
    sampled: Option<Embeddings>,
    /// Where heads are trained.
    device: Device,
}

impl HeadItems {
    pub(crate) fn new(
        items: &Embeddings,
        judgements: &[Vec<Judgement>],
        seed: u64,
        device: &Device,
    ) -> Result<Self, Error> {
        let device = device.clone();
        if items.len() <= MOST_ITEMS {
            return Ok(Self { rows: None, sampled: None, device });
        }
        let mut kept = vec![false; items.len()];
        judgements.iter().flatten().filter(|j| j.grade > 0).for_each(|j| kept[j.item] = true);
        let count = kept.iter().filter(|&&kept| kept).count();
        let mut others: Vec<usize> = (0..items.len()).filter(|&row| !kept[row]).collect();
        others.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
        others.iter().take(MOST_ITEMS.saturating_sub(count)).for_each(|&row| kept[row] = true);
        let rows: Vec<usize> = (0..items.len()).filter(|&row| kept[row]).collect();
        Ok(Self { sampled: Some(items.select(&rows)?), rows: Some(rows), device })
    }

    /// Trains on all steps of the config.
    pub(crate) fn train(
        &self,
        config: &HeadConfig,
        seed: u64,
        items: &Embeddings,
        queries: &QuerySet,
    ) -> Result<Box<dyn PersistentModule>, Error> {
        let items = self.sampled.as_ref().unwrap_or(items);
        let seed = config.trainer.seed.wrapping_add(seed);
        let trainer = TrainerConfig { seed, refit: false, ..config.trainer.clone() };
        let trainer = Trainer::new(trainer)?.with_progress(Progress::Silent);
        let recipe = config.module.build(queries.encodings().dim(), items.dim(), 0)?;
        let queries = self.renumbered(queries)?;
        let record = without_dev(&config.module, queries.encodings().dim());
        Ok(recipe.refit(&trainer, &Items::new(items, &self.device), &queries, &record, 1.0)?.module)
    }

    /// CPU-seconds of training a head, judged by two steps of it; a closed form has no steps and is done whole.
    pub(crate) fn seconds_of_training(
        &self,
        config: &HeadConfig,
        items: &Embeddings,
        queries: &QuerySet,
    ) -> Result<f64, Error> {
        let mut probe = config.clone();
        probe.trainer.max_steps = config.trainer.max_steps.min(2);
        let started = ProcessTime::now();
        self.train(&probe, 0, items, queries)?;
        let seconds = started.elapsed().as_secs_f64();
        let steps = config.trainer.max_steps as f64 / probe.trainer.max_steps.max(1) as f64;
        Ok(if is_closed_form(&config.module) { seconds } else { steps * seconds })
    }

    fn renumbered(&self, queries: &QuerySet) -> Result<QuerySet, Error> {
        let Some(rows) = &self.rows else {
            return Ok(queries.clone());
        };
        let renumber = |judged: &Vec<Judgement>| -> Vec<Judgement> {
            let known = judged
                .iter()
                .filter_map(|j| Some(Judgement { item: rows.binary_search(&j.item).ok()?, grade: j.grade }));
            known.collect()
        };
        let judgements = queries.judgements().iter().map(renumber).collect();
        Ok(QuerySet::new(queries.encodings().clone(), judgements)?)
    }
}

/// The record of a training that has no dev queries to choose by: all steps, and the first of a closed form's settings.
fn without_dev(module: &RecipeConfig, dim: usize) -> TrainingRecord {
    match module {
        RecipeConfig::Ridge(fit) => first_settings(fit, dim),
        RecipeConfig::PositivesRidge(fit) => first_settings(fit, dim),
        RecipeConfig::SoftmaxRidge(fit) => first_settings(fit, dim),
        RecipeConfig::Procrustes(fit) => first_settings(fit, dim),
        RecipeConfig::Ensemble(ensemble) => {
            let parts = ensemble.members.iter().map(|member| without_dev(member, dim));
            TrainingRecord { parts: parts.collect(), ..TrainingRecord::default() }
        }
        _ => TrainingRecord::default(),
    }
}

fn is_closed_form(module: &RecipeConfig) -> bool {
    use RecipeConfig::{PositivesRidge, Procrustes, Ridge, SoftmaxRidge};
    matches!(module, Ridge(_) | PositivesRidge(_) | SoftmaxRidge(_) | Procrustes(_))
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
