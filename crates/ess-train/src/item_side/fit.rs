//! Fitting two sides, under the baseline guard.

use std::{collections::BTreeMap, time::Instant};

use ess_core::{Identity, SearchModule};
use ess_search::{AnyModule, DeviceEncoding, ItemOffsets, ItemSide, PersistentModule, TwoSided};

use crate::{
    data::{dev_set::DevSet, items::Items, query_set::definition::QuerySet},
    error::Error,
    fit::{
        guard::{GuardDecision, Returned},
        report::FitReport,
    },
    item_side::{
        config::{ItemSideConfig, SidesConfig, TrainingOrder},
        nudge::Pulls,
        offsets::OffsetsConfig,
        radius::RadiusChoice,
        two_sides::TwoSides,
    },
    recipe::{definition::Recipe, record::TrainingRecord},
    trainer::{curve::Curve, definition::Trainer, kept::Kept, stop::Stop},
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

/// What one training on dev found, and what a refit needs to do it again.
struct Found {
    sides: TwoSided,
    curves: Vec<Curve>,
    settings: BTreeMap<String, f64>,
    query_record: Option<TrainingRecord>,
    dev_values: Vec<f64>,
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
        let guard =
            GuardDecision::of_values(&dev_values, baseline.as_deref(), &dev_set.looks(), self.config())?;
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

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn shared(module: Box<dyn PersistentModule>) -> std::sync::Arc<dyn PersistentModule> {
    module.into()
}

/// A fit under way.
struct Fit<'a, 'i> {
    trainer: &'a Trainer,
    config: &'a SidesConfig,
    recipe: &'a dyn Recipe,
    items: &'a Items<'i>,
}

impl Fit<'_, '_> {
    fn check(&self, train: &QuerySet) -> Result<(), Error> {
        self.config.check()?;
        let items = self.items.embeddings();
        train.check_items(items.len())?;
        if self.config.order == TrainingOrder::Item && train.encodings().dim() != items.dim() {
            let what = "queries in the space of the items, which are trained alone";
            return Err(Error::Missing { what });
        }
        Ok(())
    }

    /// What the trained sides must beat: the recipe's own baseline, else the identity where queries are in the items' space.
    fn identity(&self, train: &QuerySet) -> Option<Box<dyn PersistentModule>> {
        let own = if self.config.order == TrainingOrder::Item { None } else { self.recipe.baseline() };
        own.or_else(|| train.encodings().identity(self.items.embeddings().dim()))
    }

    /// Trains, with dev to choose by.
    fn on_dev(&self, train: &QuerySet, dev: &DevSet<'_, ess_core::Embeddings>) -> Result<Found, Error> {
        if let ItemSideConfig::Offsets(offsets) = &self.config.items {
            return self.offsets_on_dev(offsets, train, dev);
        }
        let found = |sides: &TwoSides, curves| -> Result<Found, Error> {
            let sides = sides.snapshot(self.items.device())?;
            let dev_values = dev.per_query_of_sides(&sides)?;
            Ok(Found { sides, curves, settings: BTreeMap::new(), query_record: None, dev_values })
        };
        let (mut start, map) = self.untrained(train)?;
        let mut query_first = None;
        if self.config.order == TrainingOrder::QueryThenBoth {
            let (kept, curve) = self.trainer.run(start, true, self.items, train, &Stop::OnDev(dev))?;
            query_first = Some(found(&kept.sides, vec![curve])?);
            start = kept;
        }
        start.sides = start.sides.with_items(map);
        start.sides.check(self.items)?;
        let (kept, curve) = self.trainer.run(start, false, self.items, train, &Stop::OnDev(dev))?;
        let both = found(&kept.sides, vec![curve])?;
        Ok(match query_first {
            // Training both starts where items move at once, and need not come back to what the queries alone had reached.
            Some(first) if mean(&first.dev_values) >= mean(&both.dev_values) => first,
            Some(first) => Found { curves: first.curves.into_iter().chain(both.curves).collect(), ..both },
            None => both,
        })
    }

    /// Trains again for as many more steps as there are more queries.
    fn again(
        &self,
        all: &QuerySet,
        growth: f64,
        curves: &[Curve],
        settings: &BTreeMap<String, f64>,
        query_record: Option<&TrainingRecord>,
    ) -> Result<(TwoSided, Vec<Curve>), Error> {
        if let ItemSideConfig::Offsets(offsets) = &self.config.items {
            return self.offsets_again(offsets, all, growth, settings, query_record);
        }
        let mut again = Vec::new();
        let (mut start, map) = self.untrained(all)?;
        let queries_first = self.config.order == TrainingOrder::QueryThenBoth;
        for (at, curve) in curves.iter().enumerate() {
            if at > 0 || !queries_first {
                start.sides = start.sides.with_items(map.clone());
            }
            let steps = Stop::After((curve.kept_step as f64 * growth).round() as usize);
            let goes_on = at + 1 < curves.len();
            let (kept, curve) = self.trainer.run(start, goes_on, self.items, all, &steps)?;
            start = kept;
            again.push(curve);
        }
        Ok((start.sides.snapshot(self.items.device())?, again))
    }

    /// The query side at its start, over frozen items, and the map of the items where they get one of their own.
    fn untrained(&self, queries: &QuerySet) -> Result<(Kept<TwoSides>, Option<AnyModule>), Error> {
        let query = match self.config.order {
            TrainingOrder::Item => None,
            _ => Some(self.module(self.recipe, "the query side")?),
        };
        let dim = self.items.embeddings().dim();
        let map = match &self.config.items {
            ItemSideConfig::Map { module } => {
                Some(self.module(&*module.build(dim, dim, 0)?, "the map of the items")?)
            }
            _ => None,
        };
        let sides = TwoSides::new(query, queries.encodings().dim());
        sides.check(self.items)?;
        Ok((Kept::untrained(sides), map))
    }

    /// The untrained module of a recipe, ready to be trained.
    fn module(&self, recipe: &dyn Recipe, what: &'static str) -> Result<AnyModule, Error> {
        let device = self.items.device();
        let module =
            recipe.single_module(self.trainer.start_seed(), device)?.ok_or(Error::NotJoint { what })?;
        Ok(self.trainer.prepared(module, device))
    }

    /// The query side first, where it is trained; then offsets towards the mapped queries.
    fn offsets_on_dev(
        &self,
        offsets: &OffsetsConfig,
        train: &QuerySet,
        dev: &DevSet<'_, ess_core::Embeddings>,
    ) -> Result<Found, Error> {
        let items = self.items.embeddings();
        let (module, record): (Box<dyn PersistentModule>, _) = match self.config.order {
            TrainingOrder::Item => (Box::new(Identity::new(items.dim())), None),
            _ => {
                let trained = self.recipe.train(self.trainer, self.items, train, dev)?;
                (trained.module, Some(trained.record))
            }
        };
        let mapped = module.apply(train.encodings())?;
        let pulls = Pulls::new(offsets.gain, items, &mapped, train.judgements())?;
        let mapped_dev = module.apply(dev.queries().encodings())?;
        let (radius, dev_values) = offsets.radius.choose(offsets.nudge, &pulls, items, dev, &mapped_dev)?;
        let moved = pulls.moved(offsets.nudge, items, radius)?;
        let sides = TwoSided::new(module, ItemSide::Offsets(ItemOffsets::between(items, &moved)?))?;
        let mut settings = record.as_ref().map(TrainingRecord::all_settings).unwrap_or_default();
        settings.insert("radius".to_owned(), radius);
        let curves = record.as_ref().map(TrainingRecord::curves).unwrap_or_default();
        Ok(Found { sides, curves, settings, query_record: record, dev_values })
    }

    fn offsets_again(
        &self,
        offsets: &OffsetsConfig,
        all: &QuerySet,
        growth: f64,
        settings: &BTreeMap<String, f64>,
        record: Option<&TrainingRecord>,
    ) -> Result<(TwoSided, Vec<Curve>), Error> {
        let items = self.items.embeddings();
        let (module, curves): (Box<dyn PersistentModule>, _) = match record {
            None => (Box::new(Identity::new(items.dim())), Vec::new()),
            Some(record) => {
                let trained = self.recipe.refit(self.trainer, self.items, all, record, growth)?;
                (trained.module, trained.record.curves())
            }
        };
        let radius = match (offsets.radius, settings.get("radius")) {
            (_, Some(&radius)) | (RadiusChoice::Given(radius), None) => radius,
            (_, None) => return Err(Error::Record { missing: "setting \"radius\"".to_owned() }),
        };
        let mapped = module.apply(all.encodings())?;
        let moved = Pulls::new(offsets.gain, items, &mapped, all.judgements())?.moved(
            offsets.nudge,
            items,
            radius,
        )?;
        let offsets = ItemOffsets::between(items, &moved)?;
        Ok((TwoSided::new(module, ItemSide::Offsets(offsets))?, curves))
    }
}
