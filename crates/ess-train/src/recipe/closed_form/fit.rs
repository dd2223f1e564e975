//! The trait of fits with a closed form.

use ess_linalg::AffineMap;

use crate::{
    data::{items::Items, query_set::definition::QuerySet},
    error::Error,
    recipe::record::TrainingRecord,
};

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

    /// A text that, with the name, determines the fitted map. Two fits of the same name and text give the same map, so they
    /// make no ensemble, and no seed changes the result ([`FitReport::deterministic`](crate::FitReport::deterministic)).
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
