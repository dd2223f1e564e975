//! Training on a dataset.

use burn::tensor::Device;
use ess_search::DeviceEncoding;
use ess_train::{Fitted, Items, Progress, Recipe, RecipeConfig, Trainer, TrainerConfig};

use crate::{dataset::Dataset, error::Error, judged_queries::JudgedQueries, load_module::other_kind};

/// How a searching module is trained: what kind, with which settings, on which device.
///
/// Defaults: a linear module, [`TrainerConfig::default`], the CPU, a progress bar where standard error is a terminal.
///
/// ```
/// use ess_kit::prelude::*;
///
/// # let folder = tempfile::tempdir()?;
/// # let folder = folder.path();
/// # let ids = |kind: char| Ids::new((0..40).map(|row| format!("{kind}{row}")).collect());
/// # let point = |row: usize, turn: f32| [(row as f32 * 0.15 + turn).cos(), (row as f32 * 0.15 + turn).sin()];
/// # let points = |turn| Embeddings::from_rows(&(0..40).map(|row| point(row, turn)).collect::<Vec<_>>());
/// # for (kind, file, turn) in [('d', "corpus.safetensors", 0.0), ('q', "queries.safetensors", -1.5)] {
/// #     write_store(folder.join(file), &ids(kind)?, &points(turn)?, Dtype::F32, &Provenance::default())?;
/// # }
/// # let lines: String = (0..40).map(|row| format!("q{row}\td{row}\t1\n")).collect();
/// # std::fs::write(folder.join("train.tsv"), format!("query-id\tcorpus-id\tscore\n{lines}"))?;
/// let dataset = Dataset::open(folder)?;
/// let (train, dev) = dataset.train_and_dev(folder.join("train.tsv"), 0.5, 0)?;
/// let settings =
///     TrainerConfig { learning_rate: 0.05, weight_decay: 0.0, max_steps: 300, ..TrainerConfig::default() };
/// let training = Training::named("linear")?.with_settings(settings).with_progress(Progress::Silent);
/// let fitted = training.fit(&dataset, &train, &dev)?;
/// assert_eq!(fitted.report.guard.returned, Returned::Trained, "{}", fitted.report.guard.reason);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Training {
    module: RecipeConfig,
    settings: TrainerConfig,
    device: Device,
    progress: Progress,
}

impl Default for Training {
    fn default() -> Self {
        Self {
            module: RecipeConfig::default(),
            settings: TrainerConfig::default(),
            device: Device::flex(),
            progress: Progress::default(),
        }
    }
}

impl Training {
    /// Trains a module of this kind, with the kind's default settings.
    ///
    /// # Errors
    /// [`Error::Train`] for a kind that is not known, [`Error::FeatureOff`] for one whose feature is off,
    /// [`Error::OtherModule`] for one that is made another way.
    pub fn named(kind: &str) -> Result<Self, Error> {
        let module = RecipeConfig::named(kind);
        let module = module.map_err(|error| other_kind(kind).unwrap_or_else(|| error.into()))?;
        Ok(Self::of(module))
    }

    /// Trains by this recipe.
    pub fn of(module: RecipeConfig) -> Self {
        Self { module, ..Self::default() }
    }

    /// The settings of training: learning rate, steps, loss, seed and the rest.
    #[must_use]
    pub fn with_settings(self, settings: TrainerConfig) -> Self {
        Self { settings, ..self }
    }

    /// The device that training runs on.
    #[must_use]
    pub fn on(self, device: &Device) -> Self {
        Self { device: device.clone(), ..self }
    }

    /// Whether a progress bar is shown.
    #[must_use]
    pub fn with_progress(self, progress: Progress) -> Self {
        Self { progress, ..self }
    }

    /// Trains on `train`, keeps what is best on `dev`, and returns the identity unless dev shows that the trained module is
    /// better ([`Trainer::fit`]).
    ///
    /// # Errors
    /// [`Error::Train`] for settings outside their range, a kind that reads token states, and what training fails with.
    pub fn fit(
        &self,
        dataset: &Dataset,
        train: &JudgedQueries,
        dev: &JudgedQueries,
    ) -> Result<Fitted, Error> {
        let recipe = self.module.build(dataset.query_dim(), dataset.items().dim(), 0)?;
        self.fit_recipe(&*recipe, dataset, train, dev)
    }

    /// As [`Training::fit`], by a recipe in place of the kind: one of your own, such as a
    /// [`ModuleRecipe`](ess_train::ModuleRecipe) of a module of your own, or one over another encoding.
    ///
    /// # Errors
    /// Those of [`Training::fit`].
    pub fn fit_recipe<E: DeviceEncoding + 'static>(
        &self,
        recipe: &dyn Recipe<E>,
        dataset: &Dataset,
        train: &JudgedQueries<E>,
        dev: &JudgedQueries<E>,
    ) -> Result<Fitted<E>, Error> {
        let trainer = Trainer::new(self.settings.clone())?.with_progress(self.progress);
        let items = Items::new(dataset.items(), &self.device);
        Ok(trainer.fit(recipe, &items, &train.set, &dev.set)?)
    }
}
