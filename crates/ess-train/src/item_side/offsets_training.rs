//! Training of a query side and of item offsets, which have a closed form.

use std::collections::BTreeMap;

use ess_core::{Identity, SearchModule};
use ess_search::{ItemOffsets, ItemSide, PersistentModule, TwoSided};

use super::{
    config::TrainingOrder,
    nudge::Pulls,
    offsets::OffsetsConfig,
    radius::RadiusChoice,
    training::{Fit, Found},
};
use crate::{
    data::{dev_set::DevSet, query_set::definition::QuerySet},
    error::Error,
    recipe::record::TrainingRecord,
    trainer::curve::Curve,
};

impl Fit<'_, '_> {
    /// The query side first, where it is trained; then offsets towards the mapped queries.
    pub(super) fn offsets_on_dev(
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

    pub(super) fn offsets_again(
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
