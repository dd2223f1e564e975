//! Training under the baseline guard.

use std::time::Instant;

use ess_search::{DeviceEncoding, PersistentModule};

use crate::{
    data::{dev_set::DevSet, items::Items, query_set::definition::QuerySet},
    error::Error,
    fit::{
        guard::{GuardDecision, Returned},
        report::{FitReport, Fitted},
    },
    recipe::{copies, definition::Recipe},
    trainer::definition::Trainer,
};

pub(crate) mod guard;
mod reason;
pub(crate) mod report;

impl Trainer {
    /// Trains by a recipe and keeps the module that is best on dev. Returns the identity unless dev shows that the trained
    /// module is better ([`GuardDecision`]). With [`TrainerConfig::refit`](crate::TrainerConfig::refit), the trained module
    /// is trained again on train and dev together before it is returned.
    ///
    /// ```
    /// use burn::tensor::Device;
    /// use ess_core::{Embeddings, SearchModule};
    /// use ess_search::{Linear, LinearConfig};
    /// use ess_train::{Items, Judgement, ModuleRecipe, Progress, QuerySet, Returned, Trainer, TrainerConfig};
    ///
    /// // Items on a circle; a query's relevant item is a quarter turn ahead.
    /// let angle = |i: usize, offset: f32| i as f32 * 0.1 + offset;
    /// let point = |angle: f32| [angle.cos(), angle.sin()];
    /// let items: Vec<_> = (0..63).map(|i| point(angle(i, 0.0))).collect();
    /// let embeddings = Embeddings::from_rows(&items)?;
    /// let set = |rows: std::ops::Range<usize>| {
    ///     let quarter = std::f32::consts::FRAC_PI_2;
    ///     let queries: Vec<_> = rows.clone().map(|i| point(angle(i, -quarter))).collect();
    ///     let relevant = rows.map(|item| vec![Judgement { item, grade: 1 }]).collect();
    ///     QuerySet::new(Embeddings::from_rows(&queries)?, relevant)
    /// };
    ///
    /// let config = TrainerConfig {
    ///     learning_rate: 0.05,
    ///     weight_decay: 0.0,
    ///     max_steps: 300,
    ///     ..TrainerConfig::default()
    /// };
    /// let trainer = Trainer::new(config)?.with_progress(Progress::Silent);
    /// let recipe = ModuleRecipe::<Linear>::new(LinearConfig::new(2, 2));
    /// let items = Items::new(&embeddings, &Device::flex());
    /// let fitted = trainer.fit(&recipe, &items, &set(0..40)?, &set(40..63)?)?;
    /// assert_eq!(fitted.report.guard.returned, Returned::Trained);
    /// assert!(fitted.report.guard.trained > 0.9);
    /// assert_eq!(fitted.module.item_dim(), 2);
    /// # Ok::<(), ess_train::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`Trainer::train`], for train and dev queries alike.
    pub fn fit<E: DeviceEncoding + 'static>(
        &self,
        recipe: &dyn Recipe<E>,
        items: &Items<'_>,
        train: &QuerySet<E>,
        dev: &QuerySet<E>,
    ) -> Result<Fitted<E>, Error> {
        let started = Instant::now();
        let dev_set = DevSet::new(dev, items, self.config().measure)?;
        let mut trained = recipe.train(self, items, train, &dev_set)?;
        let of_encodings = || train.encodings().identity(items.embeddings().dim());
        let identity = recipe.baseline().or_else(of_encodings);
        let guard = GuardDecision::make(&*trained.module, identity.as_deref(), &dev_set, self.config())?;
        tracing::info!(returned = ?guard.returned, reason = guard.reason, "fitted");
        let record = trained.record.clone();
        let mut refit = Vec::new();
        if self.config().refit && guard.returned == Returned::Trained {
            let all = train.join(dev)?;
            let growth = all.len() as f64 / train.len() as f64;
            trained = recipe.refit(self, items, &all, &record, growth)?;
            refit = trained.record.curves();
        }
        let report = FitReport {
            config: self.config().clone(),
            train_queries: train.len(),
            dev_queries: dev.len(),
            items: items.embeddings().len(),
            parameters: trained.module.to_state()?.parameters(),
            guard,
            curves: record.curves(),
            settings: record.all_settings(),
            refit,
            deterministic: copies::is_deterministic(recipe, self, train)?,
            seconds: started.elapsed().as_secs_f64(),
        };
        Ok(handed_out(trained.module, identity, report))
    }
}

/// The trained module, or the identity, as the guard decided.
fn handed_out<E: DeviceEncoding + 'static>(
    trained: Box<dyn PersistentModule<E>>,
    identity: Option<Box<dyn PersistentModule<E>>>,
    report: FitReport,
) -> Fitted<E> {
    let trained: std::sync::Arc<dyn PersistentModule<E>> = trained.into();
    let module = match identity {
        Some(identity) if report.guard.returned == Returned::Identity => identity,
        _ => Box::new(trained.clone()),
    };
    Fitted { module, trained: Box::new(trained), report }
}
