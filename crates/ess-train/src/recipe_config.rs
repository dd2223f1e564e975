//! What is trained, as data.

use ess_search::{Averaging, LinearConfig, MlpConfig, ModuleConfig};
use serde::{
    Deserialize, Serialize,
    de::value::{Error as KindError, MapDeserializer},
};

use crate::{EnsembleRecipe, Error, ModuleRecipe, Recipe};

/// A recipe as data: which kind of module, and its settings, as far as they do not come from the data.
///
/// Dimensions that are left out are those of the embeddings; the seed of a module's starting values is added to the
/// trainer's.
///
/// ```
/// use ess_train::RecipeConfig;
///
/// let config: RecipeConfig = serde_json::from_str(r#"{"kind": "mlp", "hidden": [128]}"#).unwrap();
/// let recipe = config.build(384, 384, 0)?;
/// assert_eq!(RecipeConfig::named("linear")?, RecipeConfig::default());
/// # Ok::<(), ess_train::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum RecipeConfig {
    /// [`Linear`](ess_search::Linear).
    Linear(LinearConfig),
    /// [`Mlp`](ess_search::Mlp).
    Mlp(MlpConfig),
    /// [`EnsembleRecipe`].
    Ensemble(EnsembleSettings),
}

/// An ensemble of recipes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EnsembleSettings {
    /// What is averaged. Default: a linear module and two MLPs.
    pub members: Vec<RecipeConfig>,
    /// How it is averaged. Default: after normalisation.
    pub averaging: Averaging,
    /// Whether each member sees its own draw of the queries, with replacement. Default: false.
    pub bagged: bool,
}

impl Default for EnsembleSettings {
    fn default() -> Self {
        let mlp = |seed| RecipeConfig::Mlp(MlpConfig { seed, ..MlpConfig::default() });
        let members = vec![RecipeConfig::default(), mlp(0), mlp(1)];
        Self { members, averaging: Averaging::default(), bagged: false }
    }
}

impl Default for RecipeConfig {
    fn default() -> Self {
        Self::Linear(LinearConfig::default())
    }
}

impl RecipeConfig {
    /// The names of all kinds.
    pub const KINDS: [&str; 3] = ["linear", "mlp", "ensemble"];

    /// A kind with its default settings.
    ///
    /// # Errors
    /// [`Error::UnknownRecipe`] for a name that is not in [`RecipeConfig::KINDS`].
    pub fn named(kind: &str) -> Result<Self, Error> {
        let only_kind = MapDeserializer::<_, KindError>::new([("kind", kind)].into_iter());
        Self::deserialize(only_kind)
            .map_err(|_| Error::UnknownRecipe { found: kind.to_owned(), known: Self::KINDS.join(", ") })
    }

    /// The name of the kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Linear(_) => "linear",
            Self::Mlp(_) => "mlp",
            Self::Ensemble(_) => "ensemble",
        }
    }

    /// The recipe between the dimensions of queries and items, with `seed` for the starting values of its modules.
    ///
    /// # Errors
    /// [`Error::Search`] for settings outside their range; [`Error::Core`] for dimensions in the settings that are
    /// not those of the embeddings.
    pub fn build(&self, query_dim: usize, item_dim: usize, seed: u64) -> Result<Box<dyn Recipe>, Error> {
        let data = FromData { query_dim, item_dim, seed };
        Ok(match self {
            Self::Linear(config) => Box::new(ModuleRecipe::<ess_search::Linear>::new(data.fill(config)?)),
            Self::Mlp(config) => Box::new(ModuleRecipe::<ess_search::Mlp>::new(data.fill(config)?)),
            Self::Ensemble(settings) => {
                let mut recipe = EnsembleRecipe::new(settings.averaging).bagged(settings.bagged);
                for member in &settings.members {
                    recipe = recipe.with(member.build(query_dim, item_dim, seed)?);
                }
                Box::new(recipe)
            }
        })
    }
}

/// What a config does not say because the data do.
struct FromData {
    query_dim: usize,
    item_dim: usize,
    seed: u64,
}

impl FromData {
    /// The config with its dimensions, checked.
    fn fill<C: ModuleConfig>(&self, config: &C) -> Result<C, Error> {
        let config = config.clone().between(self.query_dim, self.item_dim).reseeded(self.seed);
        let (query_dim, item_dim) = config.dims();
        ess_core::Error::check_dim("queries of a module's config", query_dim, self.query_dim)?;
        ess_core::Error::check_dim("items of a module's config", item_dim, self.item_dim)?;
        config.check()?;
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_known_by_its_name_and_survives_json() {
        for kind in RecipeConfig::KINDS {
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
    fn every_kind_can_be_built_and_refuses_unknown_settings() {
        for kind in RecipeConfig::KINDS {
            let config = RecipeConfig::named(kind).unwrap();
            assert!(config.build(6, 6, 0).is_ok(), "{kind}");
            let odd = format!(r#"{{"kind": "{kind}", "temprature": 1.0}}"#);
            assert!(serde_json::from_str::<RecipeConfig>(&odd).is_err(), "{odd}");
        }
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
        let nested = build(r#"{"kind": "ensemble", "members": [{"kind": "linear", "item_dim": 7}]}"#);
        assert!(matches!(nested, Err(Error::Core(ess_core::Error::DimensionMismatch { .. }))));
    }
}
