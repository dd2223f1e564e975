//! From data to recipes.

use std::sync::Arc;

use burn::tensor::Device;
use ess_core::{MatrixModule, TokenStates};
use ess_search::{
    AnyModule, KeyValueMemoryConfig, ModuleConfig, PersistentModule, SimilarityAttention, TokenAttention,
    TokenTransformer, TrainableModule,
};
use ndarray::Array2;

use super::{RecipeConfig, TrainingMemorySettings, WeightedEnsembleSettings};
use crate::{
    ClosedForm, ClosedFormRecipe, EnsembleRecipe, Error, InterpolationRecipe, ModuleRecipe, Recipe,
    SoupRecipe, TrainingMemoryRecipe, WeightedEnsembleRecipe,
};

/// What a config does not say because the data do.
#[derive(Clone, Copy)]
pub(super) struct FromData {
    pub(super) query_dim: usize,
    pub(super) item_dim: usize,
    pub(super) seed: u64,
}

impl FromData {
    /// The config with its dimensions, checked.
    pub(super) fn fill<C: ModuleConfig>(&self, config: &C) -> Result<C, Error> {
        let config = config.clone().between(self.query_dim, self.item_dim).reseeded(self.seed);
        config.check()?;
        Ok(config)
    }
}

impl RecipeConfig {
    pub(super) fn build_from(&self, data: &FromData) -> Result<Box<dyn Recipe>, Error> {
        let boxed = |config: &Self| config.build_from(data);
        Ok(match self {
            Self::TrainingMemory(settings) => Box::new(TrainingMemoryRecipe::new(memory(settings, data)?)),
            Self::Ensemble(settings) => {
                let mut recipe = EnsembleRecipe::new(settings.averaging).bagged(settings.bagged);
                for member in &settings.members {
                    recipe = recipe.with(boxed(member)?);
                }
                Box::new(recipe)
            }
            Self::WeightedEnsemble(settings) if !settings.jointly => Box::new(weighted(settings, data)?),
            Self::Soup(settings) => {
                if settings.bagged && matches!(*settings.of, Self::TrainingMemory(_)) {
                    return Err(Error::Config {
                        name: "what a bagged soup is of",
                        expected: "a kind whose runs can be averaged",
                        found: format!("{}: each run would remember other queries", settings.of.kind()),
                    });
                }
                Box::new(SoupRecipe::new(boxed(&settings.of)?, settings.runs)?.bagged(settings.bagged))
            }
            Self::Interpolation(settings) => {
                Box::new(InterpolationRecipe::new(boxed(&settings.of)?, settings.weight)?)
            }
            Self::Ridge(config) => closed_form(config, config.check())?,
            Self::PositivesRidge(config) => closed_form(config, config.check())?,
            Self::SoftmaxRidge(config) => closed_form(config, config.check())?,
            Self::Procrustes(config) => closed_form(config, config.check())?,
            Self::Cca(config) => closed_form(config, config.check())?,
            Self::Whitening(config) => closed_form(config, config.check())?,
            Self::Pca(config) => closed_form(config, config.check())?,
            Self::AllButTheTop(config) => closed_form(config, config.check())?,
            one_module => Box::new(start(one_module, data)?),
        })
    }
}

impl RecipeConfig {
    pub(super) fn build_from_tokens(&self, data: &FromData) -> Result<Box<dyn Recipe<TokenStates>>, Error> {
        let boxed = |config: &Self| config.build_from_tokens(data);
        Ok(match self {
            Self::TokenAttention(config) => over_tokens::<TokenAttention>(config, data)?,
            Self::SimilarityAttention(config) => over_tokens::<SimilarityAttention>(config, data)?,
            Self::TokenTransformer(config) => over_tokens::<TokenTransformer>(config, data)?,
            Self::Ensemble(settings) => {
                let mut recipe = EnsembleRecipe::new(settings.averaging).bagged(settings.bagged);
                for member in &settings.members {
                    recipe = recipe.with(boxed(member)?);
                }
                Box::new(recipe)
            }
            Self::Soup(settings) => {
                Box::new(SoupRecipe::new(boxed(&settings.of)?, settings.runs)?.bagged(settings.bagged))
            }
            Self::Interpolation(settings) => {
                Box::new(InterpolationRecipe::new(boxed(&settings.of)?, settings.weight)?)
            }
            other => {
                let (kind, reads, found) = (other.kind(), "embeddings", "token states");
                return Err(Error::AnotherEncoding { kind, reads, found });
            }
        })
    }
}

/// The recipe of a fit whose settings were checked.
fn closed_form<F: ClosedForm + Clone + serde::Serialize + 'static>(
    fit: &F,
    checked: Result<(), Error>,
) -> Result<Box<dyn Recipe>, Error> {
    checked?;
    Ok(Box::new(ClosedFormRecipe::of_settings(fit.clone())))
}

fn over_tokens<M: TrainableModule<Encoding = TokenStates>>(
    config: &M::Config,
    data: &FromData,
) -> Result<Box<dyn Recipe<TokenStates>>, Error>
where
    M::Config: ModuleConfig,
{
    let config = data.fill(config)?;
    check_dims(config.dims(), data)?;
    Ok(Box::new(ModuleRecipe::<M>::new(config)))
}

/// Refuses dimensions of a config that are not those of the data.
fn check_dims((query_dim, item_dim): (usize, usize), data: &FromData) -> Result<(), Error> {
    ess_core::Error::check_dim("queries of a module's config", query_dim, data.query_dim)?;
    Ok(ess_core::Error::check_dim("items of a module's config", item_dim, data.item_dim)?)
}

fn memory(settings: &TrainingMemorySettings, data: &FromData) -> Result<KeyValueMemoryConfig, Error> {
    let &TrainingMemorySettings { slots, sharpness, threshold } = settings;
    data.fill(&KeyValueMemoryConfig { slots, sharpness, threshold, ..KeyValueMemoryConfig::default() })
}

fn weighted(settings: &WeightedEnsembleSettings, data: &FromData) -> Result<WeightedEnsembleRecipe, Error> {
    let mut recipe = WeightedEnsembleRecipe::new(settings.averaging);
    for (at, member) in settings.members.iter().enumerate() {
        recipe = recipe.with(format!("{} {at}", member.kind()), member.build_from(data)?);
    }
    Ok(recipe)
}

/// A recipe that trains one module, whose dimensions must be those of the data.
fn start(config: &RecipeConfig, data: &FromData) -> Result<ModuleRecipe<AnyModule>, Error> {
    // Made here, for what is wrong to be known before any training, and kept, so that files are read once.
    let module = config.untrained(data, &Device::flex())?;
    check_dims((module.query_dim(), module.item_dim()), data)?;
    let start = serde_json::to_string(&module.description()?).unwrap_or_default();
    let (again, data_of_start) = (config.clone(), *data);
    let init = move |seed| match seed {
        0 => Ok(module.clone()),
        seed => {
            let seed = data_of_start.seed.wrapping_add(seed);
            again.untrained(&FromData { seed, ..data_of_start }, &Device::flex())
        }
    };
    let recipe = ModuleRecipe::seeded(init, start);
    let reads_layers = matches!(config, RecipeConfig::LayerAttention(_) | RecipeConfig::LayerTransformer(_));
    match sentence_embedding(data).filter(|_| reads_layers) {
        Some(baseline) => Ok(recipe.with_baseline(Arc::new(baseline?) as Arc<dyn PersistentModule>)),
        None => Ok(recipe),
    }
}

/// The first vector of encodings of several layers, where it is of the items' dimension.
fn sentence_embedding(data: &FromData) -> Option<Result<MatrixModule, Error>> {
    let &FromData { query_dim, item_dim, .. } = data;
    let first = || Array2::from_shape_fn((query_dim, item_dim), |(i, j)| f32::from(u8::from(i == j)));
    (item_dim < query_dim && query_dim.is_multiple_of(item_dim)).then(|| Ok(MatrixModule::new(first())?))
}
