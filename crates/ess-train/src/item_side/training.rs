//! Training of two sides by gradient: on dev, and again on more queries.

use std::collections::BTreeMap;

use ess_search::{AnyModule, DeviceEncoding, PersistentModule, TrainableModule, TwoSided};

use super::{
    config::{ItemSideConfig, SidesConfig, TrainingOrder},
    two_sides::TwoSides,
};
use crate::{
    data::{dev_set::DevSet, items::Items, query_set::definition::QuerySet},
    error::Error,
    recipe::{definition::Recipe, record::TrainingRecord},
    trainer::{curve::Curve, definition::Trainer, kept::Kept, stop::Stop},
};

/// What one training on dev found, and what a refit needs to do it again.
pub(super) struct Found {
    pub(super) sides: TwoSided,
    pub(super) curves: Vec<Curve>,
    pub(super) settings: BTreeMap<String, f64>,
    pub(super) query_record: Option<TrainingRecord>,
    pub(super) dev_values: Vec<f64>,
}

/// A fit under way.
pub(super) struct Fit<'a, 'i> {
    pub(super) trainer: &'a Trainer,
    pub(super) config: &'a SidesConfig,
    pub(super) recipe: &'a dyn Recipe,
    pub(super) items: &'a Items<'i>,
}

impl Fit<'_, '_> {
    pub(super) fn check(&self, train: &QuerySet) -> Result<(), Error> {
        self.config.check()?;
        let items = self.items.embeddings();
        train.check_items(items.len())?;
        if self.config.order == TrainingOrder::Item && train.encodings().dim() != items.dim() {
            let what = "queries in the space of the items, which are trained alone";
            return Err(Error::Missing { what });
        }
        let module = self.recipe.single_module(0, &burn::tensor::Device::flex())?;
        if module.is_some_and(|module| module.scoring().is_some()) {
            return Err(Error::Scored { what: "training of items" });
        }
        Ok(())
    }

    /// What the trained sides must beat: the recipe's own baseline, else the identity where queries are in the items' space.
    pub(super) fn identity(&self, train: &QuerySet) -> Option<Box<dyn PersistentModule>> {
        let own = if self.config.order == TrainingOrder::Item { None } else { self.recipe.baseline() };
        own.or_else(|| train.encodings().identity(self.items.embeddings().dim()))
    }

    /// Trains, with dev to choose by.
    pub(super) fn on_dev(
        &self,
        train: &QuerySet,
        dev: &DevSet<'_, ess_core::Embeddings>,
    ) -> Result<Found, Error> {
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
    pub(super) fn again(
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
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}
