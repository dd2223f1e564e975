//! The table of recipes: every kind that settings and flags call by name.

use std::sync::LazyLock;

use ess_core::{Embeddings, TokenStates};
use ess_search::{
    Diagonal, GatedSelection, KeyValueMemory, LayerAttention, LayerTransformer, Linear, LowRank, Mlp,
    ModuleConfig, Orthogonal, SimilarityAttention, TokenAttention, TokenTransformer, TrainableModule,
};

use super::{
    RecipeConfig,
    ensemble::EnsembleSettings,
    interpolation::InterpolationSettings,
    kind::RecipeKind,
    mixture::MixtureSettings,
    one_module::{OneModule, OneTokenModule},
    sequence::SequenceSettings,
    soup::SoupSettings,
    training_memory::TrainingMemorySettings,
    weighted_ensemble::WeightedEnsembleSettings,
};
use crate::{
    AllButTheTopConfig, CcaConfig, Error, PcaConfig, PositivesRidgeConfig, ProcrustesConfig, RidgeConfig,
    SoftmaxRidgeConfig, WhiteningConfig,
    kinds::{Entry, KindTable},
};

/// The kinds of this crate, and those that were registered.
pub(super) static RECIPES: LazyLock<KindTable<RecipeConfig>> = LazyLock::new(|| {
    KindTable::new([
        entry::<OneModule<Linear>>(),
        entry::<OneModule<LowRank>>(),
        entry::<OneModule<Orthogonal>>(),
        entry::<OneModule<Diagonal>>(),
        entry::<OneModule<GatedSelection>>(),
        entry::<OneModule<Mlp>>(),
        entry::<OneModule<KeyValueMemory>>(),
        entry::<TrainingMemorySettings>(),
        entry::<OneModule<LayerAttention>>(),
        entry::<OneModule<LayerTransformer>>(),
        entry::<SequenceSettings>(),
        entry::<MixtureSettings>(),
        entry::<EnsembleSettings>(),
        entry::<WeightedEnsembleSettings>(),
        entry::<SoupSettings>(),
        entry::<InterpolationSettings>(),
        entry::<RidgeConfig>(),
        entry::<PositivesRidgeConfig>(),
        entry::<SoftmaxRidgeConfig>(),
        entry::<ProcrustesConfig>(),
        entry::<CcaConfig>(),
        entry::<WhiteningConfig>(),
        entry::<PcaConfig>(),
        entry::<AllButTheTopConfig>(),
        entry::<OneTokenModule<TokenAttention>>(),
        entry::<OneTokenModule<SimilarityAttention>>(),
        entry::<OneTokenModule<TokenTransformer>>(),
    ])
});

fn entry<K: RecipeKind>() -> Entry<RecipeConfig> {
    Entry::new::<K>(K::KIND, |settings| Ok(RecipeConfig::of(serde_json::from_value::<K>(settings)?)))
}

/// Makes a kind of recipe known by its name to the whole process: in settings, in flags, and as a part of others. To be
/// called before any of them is read. Runnable at [`RecipeKind`].
///
/// # Errors
/// [`Error::KindTaken`] for a name of another type.
pub fn register_recipe<K: RecipeKind>() -> Result<(), Error> {
    RECIPES.add(entry::<K>())
}

/// Makes a kind of trainable module known by its name to the whole process, as [`register_recipe`] does; saved modules of
/// that kind are loaded by [`Registry::default`](ess_search::Registry::default) from then on.
///
/// # Errors
/// [`Error::KindTaken`] for a name of another type.
pub fn register_module<M>() -> Result<(), Error>
where
    M: TrainableModule<Encoding = Embeddings, Config: ModuleConfig>,
{
    register_recipe::<OneModule<M>>()?;
    Ok(ess_search::register::<M>()?)
}

/// As [`register_module`], for a kind that reads token states.
///
/// # Errors
/// [`Error::KindTaken`] for a name of another type.
pub fn register_token_module<M>() -> Result<(), Error>
where
    M: TrainableModule<Encoding = TokenStates, Config: ModuleConfig>,
{
    register_recipe::<OneTokenModule<M>>()?;
    Ok(ess_search::register_for_tokens::<M>()?)
}
