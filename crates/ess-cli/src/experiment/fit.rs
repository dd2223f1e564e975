//! A recipe that is trained on the queries of a task.

use anyhow::Result;
use burn::tensor::Device;
use cpu_time::ProcessTime;
use ess_core::Embeddings;
use ess_index::FlatIndex;
use ess_search::{DeviceEncoding, PersistentModule};
use ess_train::{Items, Progress, QuerySet, Recipe, Returned, Trainer, TrainerConfig};

/// The trained module, whether or not it was returned.
pub(crate) struct Fit<E: DeviceEncoding> {
    pub(crate) module: Box<dyn PersistentModule<E>>,
    /// Whether the baseline guard returned it.
    pub(crate) returned: bool,
    /// What training took.
    pub(crate) cpu_seconds: f64,
}

impl<E: DeviceEncoding + 'static> Fit<E> {
    /// Trains with the default settings and this seed, on train and by dev.
    pub(crate) fn new(
        recipe: &dyn Recipe<E>,
        (items, index): (&Embeddings, &FlatIndex),
        [train, dev]: [&QuerySet<E>; 2],
        seed: u64,
    ) -> Result<Self> {
        let settings = TrainerConfig { seed, ..TrainerConfig::default() };
        let trainer = Trainer::new(settings)?.with_progress(Progress::Silent);
        let items = Items::new(items, &Device::flex()).with_index(index)?;
        let started = ProcessTime::now();
        let fitted = trainer.fit(recipe, &items, train, dev)?;
        Ok(Self {
            cpu_seconds: started.elapsed().as_secs_f64(),
            module: fitted.trained,
            returned: fitted.report.guard.returned != Returned::Identity,
        })
    }
}
