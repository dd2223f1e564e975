//! Tuning on few queries of a target.

use anyhow::Result;
use burn::tensor::Device;
use ess_core::Embeddings;
use ess_search::{OnDevice, TrainableModule};
use ess_train::{Items, Progress, QuerySet, Stop, Trainer, TrainerConfig};
use rand::{SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;

use crate::experiment::sample::Sample;

/// Numbers of queries of the target.
pub(super) const FEW: [usize; 3] = [10, 25, 50];

/// Steps of tuning. Few queries leave none to stop by.
pub(super) const STEPS: usize = 20;

/// The first queries of a target in an order that the seed draws, so that more queries have the fewer among them.
pub(super) struct Few<'s> {
    items: &'s Embeddings,
    queries: QuerySet,
    seed: u64,
}

impl<'s> Few<'s> {
    pub(super) fn of(sample: &'s Sample, count: usize, seed: u64) -> Result<Self> {
        let mut rows: Vec<usize> = (0..sample.train.len()).collect();
        rows.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
        rows.truncate(count);
        Ok(Self { items: &sample.items, queries: sample.train.select(&rows)?, seed })
    }

    /// Trains a module further on them.
    pub(super) fn tune<M: TrainableModule<Encoding = Embeddings>>(&self, module: M) -> Result<OnDevice<M>> {
        let settings = TrainerConfig { seed: self.seed, ..TrainerConfig::default() };
        let trainer = Trainer::new(settings)?.with_progress(Progress::Silent);
        let items = Items::new(self.items, &Device::flex());
        Ok(trainer.train(module, &items, &self.queries, &Stop::After(STEPS))?.0)
    }
}
