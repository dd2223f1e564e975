//! A memory of the training queries.

use ess_core::Embeddings;
use ess_search::{KeyValueMemory, KeyValueMemoryConfig, ModuleConfig};
use rand::{SeedableRng, seq::index};
use rand_chacha::ChaCha8Rng;

use super::{definition::Recipe, record::TrainingRecord, trained::Trained};
use crate::{
    data::{dev_set::DevSet, items::Items, judgement::Judgement, query_set::definition::QuerySet},
    error::Error,
    trainer::{definition::Trainer, stop::Stop},
};

/// A [`KeyValueMemory`] whose keys are the training queries. The value of a key is the mean of the query's relevant items,
/// weighted by grade, at unit norm. Training learns the sharpness of the attention, its threshold, the weight of the memory,
/// and changes of keys and values. In training a query does not attend to itself.
///
/// ```
/// use ess_search::KeyValueMemoryConfig;
/// use ess_train::TrainingMemoryRecipe;
///
/// // Of more training queries than slots, as many as there are slots are drawn.
/// let config = KeyValueMemoryConfig { slots: 4096, ..KeyValueMemoryConfig::default() };
/// let recipe = TrainingMemoryRecipe::new(config);
/// # let _: &dyn ess_train::Recipe = &recipe;
/// ```
#[derive(Clone, Debug)]
pub struct TrainingMemoryRecipe {
    config: KeyValueMemoryConfig,
}

impl TrainingMemoryRecipe {
    /// A memory with these settings, of at most `slots` training queries.
    pub fn new(config: KeyValueMemoryConfig) -> Self {
        Self { config }
    }

    fn run(
        &self,
        trainer: &Trainer,
        items: &Items<'_>,
        queries: &QuerySet,
        stop: &Stop<'_, '_, Embeddings>,
    ) -> Result<Trained, Error> {
        queries.check_items(items.embeddings().len())?;
        let remembered = self.remembered(queries, trainer.config().seed)?;
        let values = mean_relevant(items.embeddings(), remembered.judgements())?;
        let config = self.config.clone().reseeded(trainer.start_seed());
        let module = KeyValueMemory::remembering(remembered.encodings(), &values, &config, items.device())?;
        let (module, curve) = trainer.train(module, items, queries, stop)?;
        Ok(Trained { module: Box::new(module), record: TrainingRecord::of_run(curve) })
    }

    /// All queries, or as many as there are slots, drawn without replacement.
    fn remembered(&self, queries: &QuerySet, seed: u64) -> Result<QuerySet, Error> {
        if queries.len() <= self.config.slots {
            return Ok(queries.clone());
        }
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut rows = index::sample(&mut random, queries.len(), self.config.slots).into_vec();
        rows.sort_unstable();
        queries.select(&rows)
    }
}

/// The mean of each query's relevant items, weighted by grade, at unit norm: `n × d_item`.
fn mean_relevant(items: &Embeddings, judgements: &[Vec<Judgement>]) -> Result<Embeddings, Error> {
    let mut means = Vec::with_capacity(judgements.len() * items.dim());
    for judged in judgements {
        let mut mean = vec![0.0_f32; items.dim()];
        for judgement in judged.iter().filter(|judgement| judgement.grade > 0) {
            let item = items.row(judgement.item);
            mean.iter_mut().zip(item).for_each(|(sum, x)| *sum += judgement.grade as f32 * x);
        }
        means.extend(mean);
    }
    Ok(Embeddings::from_vec(means, items.dim())?.normalized())
}

impl Recipe for TrainingMemoryRecipe {
    fn train(
        &self,
        trainer: &Trainer,
        items: &Items<'_>,
        queries: &QuerySet,
        dev: &DevSet<'_, Embeddings>,
    ) -> Result<Trained, Error> {
        self.run(trainer, items, queries, &Stop::OnDev(dev))
    }

    fn train_without_dev(
        &self,
        trainer: &Trainer,
        items: &Items<'_>,
        queries: &QuerySet,
    ) -> Result<Trained, Error> {
        self.run(trainer, items, queries, &Stop::After(trainer.config().max_steps))
    }

    fn refit(
        &self,
        trainer: &Trainer,
        items: &Items<'_>,
        queries: &QuerySet,
        record: &TrainingRecord,
        growth: f64,
    ) -> Result<Trained, Error> {
        self.run(trainer, items, queries, &Stop::After(record.steps(trainer, growth)))
    }

    fn outcome(&self, trainer: &Trainer, queries: &QuerySet) -> Result<Option<String>, Error> {
        let config = self.config.clone().reseeded(trainer.start_seed());
        // Between spaces of one dimension it starts from the queries alone.
        let same = config.query_dim == config.item_dim && config.item_dim > 0;
        let config = if same { KeyValueMemoryConfig { seed: 0, ..config } } else { config };
        let draws = trainer.draws(queries) || queries.len() > config.slots;
        Ok((!draws).then(|| format!("training memory {config:?}")))
    }
}
