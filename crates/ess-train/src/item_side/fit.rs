//! Fitting two sides, under the baseline guard.

use std::time::Instant;

use ess_search::{ItemSide, PersistentModule, TwoSided};

use super::{
    config::SidesConfig,
    training::{Fit, Found},
};
use crate::{
    data::{dev_set::DevSet, items::Items, query_set::definition::QuerySet},
    error::Error,
    fit::{
        guard::{GuardDecision, Returned},
        report::FitReport,
    },
    recipe::definition::Recipe,
    trainer::definition::Trainer,
};

/// Two fitted sides and how they came about.
pub struct FittedSides {
    /// The sides to search with: the trained sides, or the identity and frozen items.
    pub sides: TwoSided,
    /// The trained sides, also where the identity was returned. They are for inspection, not for use.
    pub trained: TwoSided,
    /// What happened. `settings` has the radius of item offsets.
    pub report: FitReport,
}

impl Trainer {
    /// Trains the item side, alone or beside a searching module by `recipe`, and keeps what is best on dev. Returns the
    /// identity and frozen items unless dev shows that the trained sides are better. With
    /// [`TrainerConfig::refit`](crate::TrainerConfig::refit), the trained sides are trained again on train and dev together
    /// before they are returned.
    ///
    /// ```
    /// use burn::tensor::Device;
    /// use ess_core::Embeddings;
    /// use ess_search::{ItemSide, Linear, LinearConfig};
    /// use ess_train::{
    ///     Items, Judgement, ModuleRecipe, Progress, QuerySet, Returned, SidesConfig, Trainer, TrainerConfig,
    /// };
    ///
    /// // Items on a circle; a query's relevant item is a quarter turn ahead, and dev asks for the same items again.
    /// let point = |angle: f32| [angle.cos(), angle.sin()];
    /// let items: Vec<_> = (0..63).map(|i| point(i as f32 * 0.1)).collect();
    /// let embeddings = Embeddings::from_rows(&items)?;
    /// let set = |shift: f32| {
    ///     let queries: Vec<_> = (0..40).map(|i| point(i as f32 * 0.1 - 1.57 + shift)).collect();
    ///     let relevant = (0..40).map(|item| vec![Judgement { item, grade: 1 }]).collect();
    ///     QuerySet::new(Embeddings::from_rows(&queries)?, relevant)
    /// };
    /// let trainer = Trainer::new(TrainerConfig::default())?.with_progress(Progress::Silent);
    /// let items = Items::new(&embeddings, &Device::flex());
    /// let recipe = ModuleRecipe::<Linear>::new(LinearConfig::new(2, 2));
    /// let fitted = trainer.fit_sides(&SidesConfig::default(), &recipe, &items, &set(0.0)?, &set(0.02)?)?;
    /// assert_eq!(fitted.report.guard.returned, Returned::Trained);
    /// let ItemSide::Offsets(offsets) = fitted.sides.item_side() else { panic!("offsets by default") };
    /// assert_eq!(offsets.rows().len(), 40);
    /// # Ok::<(), ess_train::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`Trainer::train`]; [`Error::Config`] for settings outside their range; [`Error::NotJoint`] for a recipe
    /// that cannot be trained beside the items; [`Error::Missing`] where queries are not in the items' space and stay as
    /// they are.
    pub fn fit_sides(
        &self,
        config: &SidesConfig,
        recipe: &dyn Recipe,
        items: &Items<'_>,
        train: &QuerySet,
        dev: &QuerySet,
    ) -> Result<FittedSides, Error> {
        let started = Instant::now();
        let fit = Fit { trainer: self, config, recipe, items };
        fit.check(train)?;
        let dev_set = DevSet::new(dev, items, self.config().measure)?;
        let Found { mut sides, curves, settings, query_record, dev_values } = fit.on_dev(train, &dev_set)?;
        let identity = fit.identity(train);
        let baseline = identity.as_deref().map(|module| dev_set.per_query(module)).transpose()?;
        let guard = GuardDecision::of_seen(&dev_values, baseline.as_deref(), &dev_set.seen(), self.config())?;
        tracing::info!(returned = ?guard.returned, reason = guard.reason, "fitted two sides");
        let mut refit = Vec::new();
        if self.config().refit && guard.returned == Returned::Trained {
            let growth = (train.len() + dev.len()) as f64 / train.len() as f64;
            (sides, refit) =
                fit.again(&train.join(dev)?, growth, &curves, &settings, query_record.as_ref())?;
        }
        let report = FitReport {
            config: self.config().clone(),
            train_queries: train.len(),
            dev_queries: dev.len(),
            items: items.embeddings().len(),
            parameters: sides.to_state()?.parameters(),
            guard,
            curves,
            settings,
            refit,
            deterministic: false,
            seconds: started.elapsed().as_secs_f64(),
        };
        finish(sides, report, identity)
    }
}

/// Hands out the trained sides, or the identity and frozen items.
fn finish(
    sides: TwoSided,
    report: FitReport,
    identity: Option<Box<dyn PersistentModule>>,
) -> Result<FittedSides, Error> {
    let (query_side, item_side) = sides.into_parts();
    let (query_side, item_side) = (shared(query_side), item_side);
    let again = TwoSided::new(Box::new(query_side.clone()), item_side.clone())?;
    let trained = TwoSided::new(Box::new(query_side), item_side)?;
    let sides = match identity {
        Some(identity) if report.guard.returned == Returned::Identity => {
            TwoSided::new(identity, ItemSide::Frozen)?
        }
        _ => again,
    };
    Ok(FittedSides { sides, trained, report })
}

fn shared(module: Box<dyn PersistentModule>) -> std::sync::Arc<dyn PersistentModule> {
    module.into()
}
