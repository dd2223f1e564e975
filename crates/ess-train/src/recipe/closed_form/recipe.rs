//! A fit with a closed form as a recipe: dev chooses its settings and its share beside the identity.

use ess_core::Embeddings;
use ess_linalg::AffineMap;
use ess_search::{
    HostTensor, LinearConfig, ModuleDescription, ModuleState, PersistentModule, Registry, TrainableModule,
};
use ndarray::Array2;

use super::{fit::ClosedForm, weights::weights};
use crate::{
    data::{dev_set::DevSet, items::Items, query_set::definition::QuerySet},
    error::Error,
    recipe::{definition::Recipe, record::TrainingRecord, trained::Trained},
    trainer::{definition::Trainer, progress},
};

/// The name of the share in a [`TrainingRecord`].
const SHARE: &str = "share";

/// A fit with a closed form as a recipe: dev chooses its settings and its share beside the identity.
///
/// On a tie the first of the grid is chosen, and the smallest share: grids go from what is nearest to the identity.
/// Runnable at [`ClosedForm`].
#[derive(Clone, Debug)]
pub struct ClosedFormRecipe<F> {
    fit: F,
}

impl<F: ClosedForm> ClosedFormRecipe<F> {
    /// A recipe of this fit.
    pub fn new(fit: F) -> Self {
        Self { fit }
    }

    /// Refuses judgements of items that do not exist, and weights that the fit would ignore.
    fn check(&self, queries: &QuerySet, items: &Items<'_>) -> Result<(), Error> {
        queries.check_items(items.embeddings().len())?;
        self.check_queries(queries)
    }

    fn shares(&self, queries: &QuerySet, items: &Items<'_>) -> Vec<f64> {
        let has_identity = queries.encodings().dim() == items.embeddings().dim();
        if has_identity { self.fit.shares().to_vec() } else { vec![1.0] }
    }
}

impl<F: ClosedForm> Recipe for ClosedFormRecipe<F> {
    fn train(
        &self,
        trainer: &Trainer,
        items: &Items<'_>,
        queries: &QuerySet,
        dev: &DevSet<'_, Embeddings>,
    ) -> Result<Trained, Error> {
        self.check(queries, items)?;
        let fit = self.fit.prepare(queries, items)?;
        let shares = self.shares(queries, items);
        let grid = self.fit.grid(queries.encodings().dim(), items.embeddings().dim());
        let bar = progress::start(trainer.progress(), grid.len() * shares.len(), self.fit.name());
        let mut best: Option<(f64, TrainingRecord, AffineMap)> = None;
        for settings in grid {
            let map = fit(&settings)?;
            for &share in &shares {
                let map = blended(&map, share)?;
                let value = dev.mean(&map)?;
                if best.as_ref().is_none_or(|(most, ..)| value > *most) {
                    bar.set_message(format!("{} {value:.4}", trainer.config().measure));
                    let mut record = settings.clone();
                    record.settings.insert(SHARE.to_owned(), share);
                    best = Some((value, record, map));
                }
                bar.inc(1);
            }
        }
        bar.finish_and_clear();
        let (_, record, map) = best.ok_or(Error::Missing { what: "settings to choose from" })?;
        tracing::debug!(fit = self.fit.name(), settings = ?record.settings, "chosen");
        Ok(Trained { module: to_module(&map, items)?, record })
    }

    fn train_without_dev(
        &self,
        trainer: &Trainer,
        items: &Items<'_>,
        queries: &QuerySet,
    ) -> Result<Trained, Error> {
        let (query_dim, item_dim) = (queries.encodings().dim(), items.embeddings().dim());
        let first = self
            .fit
            .grid(query_dim, item_dim)
            .into_iter()
            .next()
            .zip(self.shares(queries, items).into_iter().next());
        let (mut record, share) = first.ok_or(Error::Missing { what: "settings to choose from" })?;
        record.settings.insert(SHARE.to_owned(), share);
        self.refit(trainer, items, queries, &record, 1.0)
    }

    fn refit(
        &self,
        _trainer: &Trainer,
        items: &Items<'_>,
        queries: &QuerySet,
        record: &TrainingRecord,
        _growth: f64,
    ) -> Result<Trained, Error> {
        self.check(queries, items)?;
        let map = self.fit.prepare(queries, items)?(record)?;
        let map = blended(&map, record.setting(SHARE)?)?;
        Ok(Trained { module: to_module(&map, items)?, record: record.clone() })
    }

    fn outcome(&self, _trainer: &Trainer, _queries: &QuerySet) -> Result<Option<String>, Error> {
        Ok(self.fit.settings().map(|settings| format!("{} {settings}", self.fit.name())))
    }

    fn check_queries(&self, queries: &QuerySet) -> Result<(), Error> {
        match self.fit.takes_weights() || weights(queries).is_none() {
            true => Ok(()),
            false => Err(Error::Unweighted { fit: self.fit.name() }),
        }
    }
}

fn blended(map: &AffineMap, share: f64) -> Result<AffineMap, Error> {
    Ok(if share == 1.0 { map.clone() } else { map.blended(share)? })
}

/// A matrix where the map has no bias, and a linear module where it has one.
fn to_module(map: &AffineMap, items: &Items<'_>) -> Result<Box<dyn PersistentModule>, Error> {
    let Some(bias) = map.bias() else {
        return Ok(Box::new(map.to_matrix_module()?));
    };
    let (query_dim, item_dim) = (map.query_dim(), map.item_dim());
    let mut weight = map.weight().to_owned();
    if query_dim == item_dim {
        // A linear module is residual where it can be.
        weight -= &Array2::<f64>::eye(item_dim);
    }
    let narrow = |values: &mut dyn Iterator<Item = &f64>| values.map(|&x| x as f32).collect::<Vec<f32>>();
    let tensor = |name: &str, shape: Vec<usize>, values: Vec<f32>| {
        HostTensor::new(name, shape, values).map(|tensor| (name.to_owned(), tensor))
    };
    let tensors = [
        tensor("weight", vec![query_dim, item_dim], narrow(&mut weight.iter()))?,
        tensor("bias", vec![item_dim], narrow(&mut bias.iter()))?,
    ];
    let kind = ess_search::Linear::KIND.to_owned();
    let config = serde_json::to_value(LinearConfig::new(query_dim, item_dim))
        .map_err(|cause| ess_search::Error::ConfigSyntax { kind: kind.clone(), cause })?;
    let description = ModuleDescription { kind, query_dim, item_dim, config };
    let state = ModuleState { description, tensors: tensors.into() };
    Ok(Registry::default().build(&state, items.device())?)
}
