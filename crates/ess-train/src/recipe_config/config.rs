//! A recipe as data.

use std::{fmt, sync::Arc};

use burn::tensor::Device;
use ess_core::{Embeddings, TokenStates};
use ess_search::{AnyModule, Linear, LinearConfig, ModuleConfig, TrainableModule};
use serde::{Serialize, Serializer, ser};

use super::{
    context::RecipeContext,
    kind::{ErasedKind, RecipeKind},
    one_module::{OneModule, OneTokenModule},
};
use crate::{error::Error, recipe::definition::Recipe};

/// A recipe as data: the kind of module, and the settings that do not follow from the data.
///
/// Dimensions that are left out are those of the embeddings. The seed of a module's starting values is added to the trainer's
/// seed. In serde's formats it is `{"kind": NAME, …}` with the settings of that kind, all of which have defaults. The kinds
/// are those of this crate and those that the program registered ([`register_module`](crate::register_module),
/// [`register_recipe`](crate::register_recipe)).
///
/// ```
/// use ess_search::{Mlp, MlpConfig};
/// use ess_train::RecipeConfig;
///
/// let config: RecipeConfig = serde_json::from_str(r#"{"kind": "mlp", "hidden": [128]}"#).unwrap();
/// assert_eq!(config, RecipeConfig::module::<Mlp>(MlpConfig { hidden: vec![128], ..MlpConfig::default() }));
/// let recipe = config.build(384, 384, 0)?;
/// assert_eq!(RecipeConfig::named("linear")?, RecipeConfig::default());
/// # Ok::<(), ess_train::Error>(())
/// ```
#[derive(Clone)]
pub struct RecipeConfig(Arc<dyn ErasedKind>);

impl RecipeConfig {
    /// Settings of any kind of recipe, such as [`RidgeConfig`](crate::RidgeConfig)
    /// or [`EnsembleSettings`](crate::EnsembleSettings).
    pub fn of(settings: impl RecipeKind) -> Self {
        Self(Arc::new(settings))
    }

    /// One trainable module.
    pub fn module<M: TrainableModule<Encoding = Embeddings, Config: ModuleConfig>>(
        config: M::Config,
    ) -> Self {
        Self::of(OneModule::<M>::new(config))
    }

    /// One trainable module over token states.
    pub fn token_module<M: TrainableModule<Encoding = TokenStates, Config: ModuleConfig>>(
        config: M::Config,
    ) -> Self {
        Self::of(OneTokenModule::<M>::new(config))
    }

    /// The name of the kind.
    pub fn kind(&self) -> &'static str {
        self.0.name()
    }

    /// The settings, where they are of this type.
    pub fn settings<K: RecipeKind>(&self) -> Option<&K> {
        self.0.settings().downcast_ref()
    }

    /// Whether it reads token states, so that [`RecipeConfig::build_for_tokens`] builds it, and not embeddings.
    pub fn reads_token_states(&self) -> bool {
        self.0.is_over_tokens()
    }

    /// Whether it reads poolings of a query's layers beside its sentence embedding, one after the other in a row.
    pub fn reads_layers(&self) -> bool {
        self.0.is_over_layers()
    }

    /// Whether what it trains is compared with items by a scoring of its own, and not by the inner product
    /// ([`SearchModule::scoring`](ess_core::SearchModule::scoring)).
    pub fn has_scoring(&self) -> bool {
        self.0.is_scored()
    }

    /// Refuses a kind with a scoring of its own, for what averages vectors.
    pub(super) fn check_inner_product(&self, what: &'static str) -> Result<(), Error> {
        if self.has_scoring() { Err(Error::Scored { what }) } else { Ok(()) }
    }

    /// The recipe between the dimensions of queries and items. To the seeds of its modules' starting values `seed` is added
    /// and, in training, [`TrainerConfig::seed`](crate::TrainerConfig::seed); so 0 will do.
    ///
    /// # Errors
    /// [`Error::Search`] for settings outside their range, and for a transferred part that cannot be loaded;
    /// [`Error::Core`] for dimensions in the settings that are not those of the embeddings; [`Error::NotOneModule`] for a
    /// part that is a recipe of several modules.
    pub fn build(&self, query_dim: usize, item_dim: usize, seed: u64) -> Result<Box<dyn Recipe>, Error> {
        self.build_in(&RecipeContext { query_dim, item_dim, seed })
    }

    /// As [`RecipeConfig::build`], for a recipe that is a part of another.
    ///
    /// # Errors
    /// As [`RecipeConfig::build`].
    pub fn build_in(&self, context: &RecipeContext) -> Result<Box<dyn Recipe>, Error> {
        self.0.recipe(context)
    }

    /// The recipe over token states: of [`RecipeConfig::token_kinds`], and ensembles, soups and interpolations of them.
    ///
    /// # Errors
    /// As [`RecipeConfig::build`]; [`Error::AnotherEncoding`] for a kind that reads embeddings.
    pub fn build_for_tokens(
        &self,
        token_dim: usize,
        item_dim: usize,
        seed: u64,
    ) -> Result<Box<dyn Recipe<TokenStates>>, Error> {
        self.build_for_tokens_in(&RecipeContext { query_dim: token_dim, item_dim, seed })
    }

    /// As [`RecipeConfig::build_for_tokens`], for a recipe that is a part of another.
    ///
    /// # Errors
    /// As [`RecipeConfig::build_for_tokens`].
    pub fn build_for_tokens_in(
        &self,
        context: &RecipeContext,
    ) -> Result<Box<dyn Recipe<TokenStates>>, Error> {
        self.0.recipe_for_tokens(context)
    }

    /// The module before training, to be a part of another.
    ///
    /// # Errors
    /// As [`RecipeConfig::build`]; [`Error::NotOneModule`] for a recipe of several modules.
    pub fn untrained(&self, context: &RecipeContext, device: &Device) -> Result<AnyModule, Error> {
        self.0.module(context, device)
    }
}

impl Default for RecipeConfig {
    fn default() -> Self {
        Self::module::<Linear>(LinearConfig::default())
    }
}

impl fmt::Debug for RecipeConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

/// Equal settings are written alike.
impl PartialEq for RecipeConfig {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_json().is_ok_and(|json| other.0.to_json().is_ok_and(|other| json == other))
    }
}

impl Serialize for RecipeConfig {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.to_json().map_err(ser::Error::custom)?.serialize(serializer)
    }
}
