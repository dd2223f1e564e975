//! The table of recipes: every kind that settings and flags call by name.

use std::sync::LazyLock;

use ess_core::{Embeddings, TokenStates};
use ess_search::{ModuleConfig, TrainableModule, trainable_kinds, trainable_token_kinds};
use serde::{Deserialize, Deserializer, de::value::Error as NoDefaults};

#[cfg(feature = "closed-forms")]
use super::closed_form;
use super::{
    config::RecipeConfig,
    ensemble::EnsembleSettings,
    entry::entry,
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
    error::Error,
    kinds::{table::KindTable, tagged::Tagged},
};

/// The entries of kinds that are one module.
macro_rules! entries_of {
    (($one:ident) $($kind:path),+) => {
        [$(entry::<$one<$kind>>()),+]
    };
}

/// The kinds of this crate, and those that were registered.
static RECIPES: LazyLock<KindTable<RecipeConfig>> = LazyLock::new(|| {
    let table = KindTable::new(trainable_kinds!(entries_of(OneModule)))
        .with([
            entry::<TrainingMemorySettings>(),
            entry::<SequenceSettings>(),
            entry::<MixtureSettings>(),
            entry::<EnsembleSettings>(),
            entry::<WeightedEnsembleSettings>(),
            entry::<SoupSettings>(),
            entry::<InterpolationSettings>(),
        ])
        .with(trainable_token_kinds!(entries_of(OneTokenModule)))
        .reserving(&RecipeConfig::RESERVED);
    #[cfg(feature = "closed-forms")]
    let table = table.with(closed_form::entries());
    #[cfg(not(feature = "closed-forms"))]
    let table = table.left_out(
        "not in this build: fits with a closed form, ridge for one (feature `closed-forms` of ess-train, `linalg` of ess-kit)",
    );
    table
});

impl RecipeConfig {
    /// What `ess train --module` calls automatic choice: a name that no kind may have.
    pub const AUTO: &'static str = "auto";

    /// What `ess train` calls automatic choice and what it trains on the item side.
    const RESERVED: [&'static str; 3] = [Self::AUTO, "offsets", "shared"];

    /// The names of the kinds that read embeddings: those of this crate, and then those that were registered.
    pub fn kinds() -> Vec<&'static str> {
        Self::kinds_over_tokens(false)
    }

    /// The names of the kinds that read token states; those that average others do as well.
    pub fn token_kinds() -> Vec<&'static str> {
        Self::kinds_over_tokens(true)
    }

    fn kinds_over_tokens(over_tokens: bool) -> Vec<&'static str> {
        let wanted = |kind: &&'static str| {
            Self::named(kind).is_ok_and(|config| config.reads_token_states()) == over_tokens
        };
        RECIPES.kinds().into_iter().filter(wanted).collect()
    }

    /// A kind with its default settings.
    ///
    /// # Errors
    /// [`Error::UnknownRecipe`] for a name that is not in [`RecipeConfig::kinds`] or [`RecipeConfig::token_kinds`].
    pub fn named(kind: &str) -> Result<Self, Error> {
        RECIPES
            .parse(Tagged::without_settings(kind))
            .map_err(|_: NoDefaults| Error::UnknownRecipe { found: kind.to_owned(), known: RECIPES.known() })
    }
}

impl<'de> Deserialize<'de> for RecipeConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        RECIPES.parse(Tagged::deserialize(deserializer)?)
    }
}

/// Makes a kind of recipe known by its name to the whole process: in settings, in flags, and as a part of others. To be
/// called before any of them is read. Runnable at [`RecipeKind`].
///
/// # Errors
/// [`Error::KindTaken`] for a name of another type, and for `auto`, `offsets` and `shared`, which flags have; [`Error::Config`] for
/// one with other characters than lower-case letters, digits and `_`.
pub fn register_recipe<K: RecipeKind>() -> Result<(), Error> {
    RECIPES.add(entry::<K>())
}

/// Makes a kind of trainable module known by its name to the whole process, as [`register_recipe`] does; saved modules of
/// that kind are loaded by [`Registry::default`](ess_search::Registry::default) from then on.
///
/// # Errors
/// Those of [`register_recipe`], and [`Error::Search`] for a name that only saved modules have; nothing is registered then.
pub fn register_module<M>() -> Result<(), Error>
where
    M: TrainableModule<Encoding = Embeddings, Config: ModuleConfig>,
{
    RECIPES.add_with(entry::<OneModule<M>>(), || Ok(ess_search::register::<M>()?))
}

/// As [`register_module`], for a kind that reads token states.
///
/// ```
/// use burn::{
///     module::{Module, Param},
///     tensor::{Device, Tensor},
/// };
/// use ess_core::TokenStates;
/// use ess_search::{Error, ModuleConfig, TokenTensors, TrainableModule};
/// use ess_train::{RecipeConfig, register_token_module};
/// use serde::{Deserialize, Serialize};
///
/// /// `z = e + w ⊙ Σ s` for the sentence embedding `e` and the states `s` of the tokens, with `w = 0` at the start.
/// #[derive(Module, Debug)]
/// struct TokenSum {
///     weight: Param<Tensor<1>>,
///     #[module(skip)]
///     config: TokenSumConfig,
/// }
///
/// #[derive(Clone, Debug, Default, Serialize, Deserialize)]
/// #[serde(default, deny_unknown_fields)]
/// struct TokenSumConfig {
///     dim: usize,
/// }
///
/// impl ModuleConfig for TokenSumConfig {
///     fn between(self, token_dim: usize, _item_dim: usize) -> Self {
///         Self { dim: if self.dim == 0 { token_dim } else { self.dim } }
///     }
///     fn reseeded(self, _seed: u64) -> Self { self }
///     fn dims(&self) -> (usize, usize) { (self.dim, self.dim) }
///     fn check(&self) -> Result<(), Error> { Ok(()) }
/// }
///
/// impl TrainableModule for TokenSum {
///     const KIND: &'static str = "token_sum";
///     type Config = TokenSumConfig;
///     type Encoding = TokenStates;
///
///     fn init(config: &TokenSumConfig, device: &Device) -> Result<Self, Error> {
///         let weight = Param::from_tensor(Tensor::zeros([config.dim], device));
///         Ok(Self { weight, config: config.clone() })
///     }
///     fn config(&self) -> &TokenSumConfig { &self.config }
///     fn query_dim(&self) -> usize { self.config.dim }
///     fn item_dim(&self) -> usize { self.config.dim }
///     fn forward(&self, queries: TokenTensors) -> Tensor<2> {
///         let sums = queries.padded().0.sum_dim(1).squeeze_dim::<2>(1);
///         queries.embeddings() + sums * self.weight.val().unsqueeze::<2>()
///     }
/// }
///
/// register_token_module::<TokenSum>()?;
/// assert!(RecipeConfig::token_kinds().contains(&"token_sum"));
/// let recipe = RecipeConfig::named("token_sum")?.build_for_tokens(8, 8, 0)?;
/// # drop(recipe);
/// # Ok::<(), ess_train::Error>(())
/// ```
///
/// # Errors
/// Those of [`register_recipe`], and [`Error::Search`] for a name that only saved modules have; nothing is registered then.
pub fn register_token_module<M>() -> Result<(), Error>
where
    M: TrainableModule<Encoding = TokenStates, Config: ModuleConfig>,
{
    RECIPES.add_with(entry::<OneTokenModule<M>>(), || Ok(ess_search::register_for_tokens::<M>()?))
}
