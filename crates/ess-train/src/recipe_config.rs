//! What is trained, as data.

use std::{fmt, sync::Arc};

use burn::tensor::Device;
use ess_core::{Embeddings, TokenStates};
use ess_search::{AnyModule, Linear, LinearConfig, ModuleConfig, TrainableModule};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::value::Error as NoDefaults, ser};

use crate::{Error, Recipe, kinds::Tagged};

mod closed_form;
mod context;
mod ensemble;
mod interpolation;
mod kind;
mod mixture;
mod one_module;
mod parts;
mod sequence;
mod soup;
mod table;
mod training_memory;
mod weighted_ensemble;

pub use context::RecipeContext;
pub use ensemble::EnsembleSettings;
pub use interpolation::InterpolationSettings;
use kind::ErasedKind;
pub use kind::RecipeKind;
pub use mixture::MixtureSettings;
use one_module::{OneModule, OneTokenModule};
pub use sequence::{SequencePart, SequenceSettings};
pub use soup::SoupSettings;
use table::RECIPES;
pub use table::{register_module, register_recipe, register_token_module};
pub use training_memory::TrainingMemorySettings;
pub use weighted_ensemble::WeightedEnsembleSettings;

/// A recipe as data: which kind of module, and its settings, as far as they do not come from the data.
///
/// Dimensions that are left out are those of the embeddings; the seed of a module's starting values is added to the
/// trainer's. In serde's formats it is `{"kind": NAME, …}` with the settings of that kind, all of which have defaults. The
/// kinds are those of this crate and those that the program registered ([`register_module`], [`register_recipe`]).
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
    /// Settings of any kind of recipe, such as [`RidgeConfig`](crate::RidgeConfig) or [`EnsembleSettings`].
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
        RECIPES.parse(Tagged::without_settings(kind)).map_err(|_: NoDefaults| Error::UnknownRecipe {
            found: kind.to_owned(),
            known: RECIPES.kinds().join(", "),
        })
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

impl<'de> Deserialize<'de> for RecipeConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        RECIPES.parse(Tagged::deserialize(deserializer)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_known_by_its_name_and_survives_json() {
        for kind in RecipeConfig::kinds().into_iter().chain(RecipeConfig::token_kinds()) {
            let config = RecipeConfig::named(kind).unwrap();
            assert_eq!(config.kind(), kind);
            let json = serde_json::to_string(&config).unwrap();
            assert_eq!(serde_json::from_str::<RecipeConfig>(&json).unwrap(), config, "{json}");
        }
        let Err(Error::UnknownRecipe { found, known }) = RecipeConfig::named("linaer") else {
            panic!("linaer is no kind")
        };
        assert!(found == "linaer" && known.contains("linear"));
    }

    #[test]
    fn settings_are_written_in_their_order_after_the_kind() {
        let soup = RecipeConfig::named("soup").unwrap();
        let json = serde_json::to_string(&soup).unwrap();
        assert_eq!(json, r#"{"kind":"soup","of":{"kind":"linear","bias":true},"runs":4,"bagged":true}"#);
        assert_eq!(soup.settings::<SoupSettings>().unwrap().runs, 4);
        assert!(soup.settings::<EnsembleSettings>().is_none());
    }

    #[test]
    fn every_kind_can_be_built_and_refuses_unknown_settings() {
        for kind in RecipeConfig::kinds() {
            let config = RecipeConfig::named(kind).unwrap();
            assert!(config.build(6, 6, 0).is_ok() && !config.reads_token_states(), "{kind}");
            let odd = format!(r#"{{"kind": "{kind}", "temprature": 1.0}}"#);
            assert!(serde_json::from_str::<RecipeConfig>(&odd).is_err(), "{odd}");
        }
    }

    #[test]
    fn kinds_are_built_for_the_encoding_that_they_read() {
        let tokens = |json: &str| {
            serde_json::from_str::<RecipeConfig>(json).unwrap().build_for_tokens(5, 6, 0).map(|_| ())
        };
        for kind in RecipeConfig::token_kinds() {
            let config = RecipeConfig::named(kind).unwrap();
            assert!(config.build_for_tokens(5, 6, 0).is_ok() && config.reads_token_states());
            assert!(matches!(config.build(6, 6, 0).err(), Some(Error::AnotherEncoding { .. })), "{kind}");
            for around in [
                format!(r#"{{"kind": "soup", "of": {{"kind": "{kind}"}}}}"#),
                format!(r#"{{"kind": "interpolation", "of": {{"kind": "{kind}"}}}}"#),
                format!(r#"{{"kind": "ensemble", "members": [{{"kind": "{kind}"}}]}}"#),
            ] {
                assert!(tokens(&around).is_ok());
                assert!(serde_json::from_str::<RecipeConfig>(&around).unwrap().reads_token_states());
            }
        }
        assert!(matches!(
            tokens(r#"{"kind": "linear"}"#),
            Err(Error::AnotherEncoding { kind: "linear", .. })
        ));
        let other = tokens(r#"{"kind": "token_attention", "query_dim": 4}"#);
        assert!(matches!(other, Err(Error::Core(ess_core::Error::DimensionMismatch { expected: 4, .. }))));
    }

    #[test]
    fn settings_that_do_not_fit_are_refused() {
        let build =
            |json: &str| serde_json::from_str::<RecipeConfig>(json).unwrap().build(6, 6, 0).map(|_| ());
        let impossible = build(r#"{"kind": "mlp", "hidden": [0]}"#);
        assert!(matches!(impossible, Err(Error::Search(ess_search::Error::Config { name: "hidden", .. }))));
        let other = build(r#"{"kind": "linear", "query_dim": 5}"#);
        assert!(matches!(
            other,
            Err(Error::Core(ess_core::Error::DimensionMismatch { expected: 5, found: 6, .. }))
        ));
        let not_one =
            build(r#"{"kind": "sequence", "parts": [{"name": "a", "module": {"kind": "ensemble"}}]}"#);
        assert!(matches!(not_one, Err(Error::NotOneModule { kind: "ensemble" })));
        let absent = build(r#"{"kind": "sequence", "parts": [{"name": "a", "from": "no/such/module"}]}"#);
        assert!(matches!(absent, Err(Error::Search(ess_search::Error::Io { .. }))));
        let neither = build(r#"{"kind": "sequence", "parts": [{"name": "a"}]}"#);
        assert!(matches!(neither, Err(Error::Config { name: "parts", .. })));
        let outside = build(r#"{"kind": "interpolation", "weight": 1.5}"#);
        assert!(matches!(outside, Err(Error::Config { .. })));
        let endless = build(r#"{"kind": "soup", "runs": 0}"#);
        assert!(matches!(endless, Err(Error::Config { .. })));
        let nested = build(r#"{"kind": "ensemble", "members": [{"kind": "linear", "item_dim": 7}]}"#);
        assert!(matches!(nested, Err(Error::Core(ess_core::Error::DimensionMismatch { .. }))));
    }
}
