//! Fits with a closed form, as recipes.

use ess_core::Embeddings;
use ess_linalg::AffineMap;
use ess_search::{
    HostTensor, LinearConfig, ModuleDescription, ModuleState, PersistentModule, Registry, TrainableModule,
};
use ndarray::Array2;

use crate::{
    data::{dev_set::DevSet, items::Items, query_set::QuerySet},
    error::Error,
    recipe::{Recipe, Trained, record::TrainingRecord},
    trainer::Trainer,
};

pub(crate) mod cca;
pub(crate) mod components;
pub(crate) mod procrustes;
pub(crate) mod ridge;
pub(crate) mod targets;
pub(crate) mod whitening;

/// A fit prepared once: from settings to a map.
pub type Fit<'a> = Box<dyn Fn(&TrainingRecord) -> Result<AffineMap, Error> + 'a>;

/// A fit with a closed form and the settings that dev chooses from. Implementing it gives a fit of one's own the choice
/// on dev, the blend with the identity, the guard, the refit and the file format of trained modules.
///
/// ```
/// use burn::tensor::Device;
/// use ess_core::Embeddings;
/// use ess_linalg::AffineMap;
/// use ess_train::{
///     ClosedForm, ClosedFormRecipe, Error, Fit, Items, Judgement, Progress, QuerySet, Trainer, TrainerConfig,
///     TrainingRecord,
/// };
/// use ndarray::Array2;
///
/// /// Turns the plane by an angle that dev chooses.
/// struct Turn;
///
/// impl ClosedForm for Turn {
///     fn name(&self) -> &'static str {
///         "turn"
///     }
///     fn grid(&self, _query_dim: usize, _item_dim: usize) -> Vec<TrainingRecord> {
///         (0..8).map(|eighth| TrainingRecord::of_settings([("eighth", f64::from(eighth))])).collect()
///     }
///     fn shares(&self) -> &[f64] {
///         &[1.0]
///     }
///     fn prepare<'a>(&'a self, _queries: &'a QuerySet, _items: &'a Items<'_>) -> Result<Fit<'a>, Error> {
///         Ok(Box::new(|settings| {
///             let (sin, cos) = (settings.setting("eighth")? * std::f64::consts::FRAC_PI_4).sin_cos();
///             Ok(AffineMap::linear(ndarray::array![[cos, sin], [-sin, cos]])?)
///         }))
///     }
/// }
///
/// let embeddings = Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])?;
/// let relevant = |item| vec![Judgement { item, grade: 1 }];
/// let queries = QuerySet::new(Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0]])?, vec![relevant(1), relevant(2)])?;
/// let trainer = Trainer::new(TrainerConfig::default())?.with_progress(Progress::Silent);
/// let items = Items::new(&embeddings, &Device::flex());
/// let fitted = trainer.fit(&ClosedFormRecipe::new(Turn), &items, &queries, &queries)?;
/// assert_eq!(fitted.report.guard.trained, 1.0);
/// # Ok::<(), Error>(())
/// ```
pub trait ClosedForm: Send + Sync {
    /// The name that a progress bar shows.
    fn name(&self) -> &'static str;

    /// All that tells one fit of this kind from another, as text. Fits of one name that say the same give the same map, so two
    /// of them make no ensemble, and no seed changes what they give ([`FitReport::deterministic`](crate::FitReport::deterministic)).
    /// Default: `None`, for a fit that draws random numbers or does not say.
    fn settings(&self) -> Option<String> {
        None
    }

    /// The settings to choose from, the nearest to the identity first; at least one.
    fn grid(&self, query_dim: usize, item_dim: usize) -> Vec<TrainingRecord>;

    /// The shares of the fitted map beside the identity to choose from: `(1 − share) · identity + share · map`. Where
    /// queries and items differ in dimension there is no identity, and the share is 1.
    fn shares(&self) -> &[f64];

    /// Whether [`ClosedForm::prepare`] lets each query count as its weight says. Default: no, and queries whose weights differ
    /// are refused.
    fn takes_weights(&self) -> bool {
        false
    }

    /// Does what all settings have in common.
    ///
    /// # Errors
    /// [`Error::Linalg`] for queries that nothing can be fitted to.
    fn prepare<'a>(&'a self, queries: &'a QuerySet, items: &'a Items<'_>) -> Result<Fit<'a>, Error>;
}

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
        let bar = trainer.progress().start(grid.len() * shares.len(), self.fit.name());
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

/// The weights of queries, where they differ.
fn weights(queries: &QuerySet) -> Option<Vec<f64>> {
    let weights = queries.weights();
    let differ = weights.windows(2).any(|pair| pair[0] != pair[1]);
    differ.then(|| weights.iter().map(|&weight| f64::from(weight)).collect())
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

/// Refuses an empty list and values that `holds` is not true of.
fn check_list(
    name: &'static str,
    values: &[f64],
    expected: &'static str,
    holds: impl Fn(f64) -> bool,
) -> Result<(), Error> {
    match values.iter().find(|&&value| !(value.is_finite() && holds(value))) {
        Some(found) => Err(Error::Config { name, expected, found: found.to_string() }),
        None if values.is_empty() => Err(Error::Config { name, expected, found: "an empty list".to_owned() }),
        None => Ok(()),
    }
}

/// Refuses shares that are none: above 0, since 0 is the identity, which is the guard's business.
fn check_shares(shares: &[f64]) -> Result<(), Error> {
    check_list("shares", shares, "numbers above 0", |share| share > 0.0)
}

fn check_regularisation(values: &[f64], least: f64) -> Result<(), Error> {
    let expected = if least > 0.0 { "numbers above 0" } else { "numbers of at least 0" };
    check_list("regularisation", values, expected, |value| value > 0.0 || value >= least)
}
