//! The trainer: its settings, its loss, and what it was given besides.

use std::sync::{Arc, atomic::AtomicUsize};

use ess_index::Progress;

use super::{
    checkpoint::settings::Checkpoints, config::TrainerConfig, observer::Observer, observers::Observers,
};
use crate::{data::query_set::definition::QuerySet, error::Error, loss::kind::Loss};

/// Trains searching modules on frozen embeddings.
///
/// [`Trainer::fit`] is what most callers want; [`Trainer::train`] is one run of the loop.
#[derive(Clone)]
pub struct Trainer {
    pub(super) config: TrainerConfig,
    pub(super) start_seed: u64,
    pub(super) loss: Arc<dyn Loss>,
    pub(super) progress: Progress,
    pub(super) observers: Observers,
    pub(super) checkpoints: Option<Checkpoints>,
    /// How many runs there have been, of all copies together.
    pub(super) runs: Arc<AtomicUsize>,
}

impl Trainer {
    /// A trainer with these settings.
    ///
    /// # Errors
    /// [`Error::Config`] for a setting outside its range.
    pub fn new(config: TrainerConfig) -> Result<Self, Error> {
        config.check()?;
        Ok(Self {
            loss: config.loss.build()?.into(),
            start_seed: config.seed,
            config,
            progress: Progress::default(),
            observers: Observers::default(),
            checkpoints: None,
            runs: Arc::default(),
        })
    }

    /// Minimises this loss instead of the one in the settings. [`Trainer::config`] then names it.
    #[must_use]
    pub fn with_loss(mut self, loss: Arc<dyn Loss>) -> Self {
        self.config.loss = loss.config();
        self.loss = loss;
        self
    }

    /// Chooses whether a progress bar is shown.
    #[must_use]
    pub fn with_progress(mut self, progress: Progress) -> Self {
        self.progress = progress;
        self
    }

    /// Adds an observer, which sees every step and may end a run. Observers that were added before stay.
    #[must_use]
    pub fn with_observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observers.add(observer);
        self
    }

    /// Saves checkpoints, and resumes runs whose checkpoints are there.
    #[must_use]
    pub fn with_checkpoints(mut self, checkpoints: Checkpoints) -> Self {
        self.checkpoints = Some(checkpoints);
        self
    }

    /// Whether a run on these queries draws random numbers as it goes on, for the order of queries or for negatives, whatever
    /// its module is.
    pub(crate) fn draws<E: ess_core::Encoding>(&self, queries: &QuerySet<E>) -> bool {
        let given = !queries.negatives().is_empty() && self.config.negatives.is_none();
        queries.len() > self.config.batch_size || (self.loss.needs().negatives && !given)
    }

    /// The same trainer with another seed of every random step.
    #[must_use]
    pub fn with_seed(&self, seed: u64) -> Self {
        self.with_run_seed(seed).with_start_seed(seed)
    }

    /// The same trainer with another seed for what is drawn during training, such as the order of queries and dropout.
    /// Modules start from the same values.
    #[must_use]
    pub fn with_run_seed(&self, seed: u64) -> Self {
        let mut trainer = self.clone();
        trainer.config.seed = seed;
        trainer
    }

    /// The same trainer with another seed of the modules' starting values.
    #[must_use]
    pub fn with_start_seed(&self, seed: u64) -> Self {
        Self { start_seed: seed, ..self.clone() }
    }

    /// The number that a recipe adds to the seed of its module's starting values
    /// ([`TrainableModule::reseeded`](ess_search::TrainableModule::reseeded)): [`TrainerConfig::seed`], unless
    /// [`Trainer::with_start_seed`] or an ensemble said otherwise.
    pub fn start_seed(&self) -> u64 {
        self.start_seed
    }

    /// Whether a progress bar is shown. A recipe with long work of its own should follow it too.
    pub fn progress(&self) -> Progress {
        self.progress
    }

    /// The settings.
    pub fn config(&self) -> &TrainerConfig {
        &self.config
    }
}
