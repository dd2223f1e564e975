//! What is trained, as data.

use ess_core::TokenStates;
use ess_search::{
    DiagonalConfig, GatedSelectionConfig, KeyValueMemoryConfig, LayerAttentionConfig, LayerTransformerConfig,
    LinearConfig, LowRankConfig, MlpConfig, OrthogonalConfig, SimilarityAttentionConfig,
    TokenAttentionConfig, TokenTransformerConfig,
};
use serde::{
    Deserialize, Serialize,
    de::value::{Error as KindError, MapDeserializer},
};

use crate::{
    AllButTheTopConfig, CcaConfig, Error, PcaConfig, PositivesRidgeConfig, ProcrustesConfig, Recipe,
    RidgeConfig, SoftmaxRidgeConfig, WhiteningConfig,
};

mod build;
mod settings;
mod untrained;

use build::FromData;
pub use settings::{
    EnsembleSettings, InterpolationSettings, MixtureSettings, SequencePart, SequenceSettings, SoupSettings,
    TrainingMemorySettings, WeightedEnsembleSettings,
};

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
    /// [`LowRank`](ess_search::LowRank).
    LowRank(LowRankConfig),
    /// [`Orthogonal`](ess_search::Orthogonal).
    Orthogonal(OrthogonalConfig),
    /// [`Diagonal`](ess_search::Diagonal).
    Diagonal(DiagonalConfig),
    /// [`GatedSelection`](ess_search::GatedSelection).
    GatedSelection(GatedSelectionConfig),
    /// [`Mlp`](ess_search::Mlp).
    Mlp(MlpConfig),
    /// [`KeyValueMemory`](ess_search::KeyValueMemory), from random keys.
    KeyValueMemory(KeyValueMemoryConfig),
    /// [`TrainingMemoryRecipe`](crate::TrainingMemoryRecipe): a memory of the training queries.
    TrainingMemory(TrainingMemorySettings),
    /// [`LayerAttention`](ess_search::LayerAttention).
    LayerAttention(LayerAttentionConfig),
    /// [`LayerTransformer`](ess_search::LayerTransformer).
    LayerTransformer(LayerTransformerConfig),
    /// [`TokenAttention`](ess_search::TokenAttention), over token states.
    TokenAttention(TokenAttentionConfig),
    /// [`SimilarityAttention`](ess_search::SimilarityAttention), over token states or what a first pass found.
    SimilarityAttention(SimilarityAttentionConfig),
    /// [`TokenTransformer`](ess_search::TokenTransformer), over token states.
    TokenTransformer(TokenTransformerConfig),
    /// [`Sequence`](ess_search::Sequence).
    Sequence(SequenceSettings),
    /// [`MixtureOfExperts`](ess_search::MixtureOfExperts).
    MixtureOfExperts(MixtureSettings),
    /// [`EnsembleRecipe`](crate::EnsembleRecipe).
    Ensemble(EnsembleSettings),
    /// [`WeightedEnsembleRecipe`](crate::WeightedEnsembleRecipe), or a [`WeightedEnsemble`](ess_search::WeightedEnsemble)
    /// trained as one module.
    WeightedEnsemble(WeightedEnsembleSettings),
    /// [`SoupRecipe`](crate::SoupRecipe).
    Soup(SoupSettings),
    /// [`InterpolationRecipe`](crate::InterpolationRecipe).
    Interpolation(InterpolationSettings),
    /// Closed form: ridge regression to the residual.
    Ridge(RidgeConfig),
    /// Closed form: ridge regression to the mean of the relevant items.
    PositivesRidge(PositivesRidgeConfig),
    /// Closed form: ridge regression against the softmax expectation.
    SoftmaxRidge(SoftmaxRidgeConfig),
    /// Closed form: a rotation.
    Procrustes(ProcrustesConfig),
    /// Closed form: canonical correlation analysis.
    Cca(CcaConfig),
    /// Closed form: whitening.
    Whitening(WhiteningConfig),
    /// Closed form: the first principal components kept.
    Pca(PcaConfig),
    /// Closed form: the first principal components removed.
    AllButTheTop(AllButTheTopConfig),
}

impl Default for RecipeConfig {
    fn default() -> Self {
        Self::Linear(LinearConfig::default())
    }
}

impl RecipeConfig {
    /// The names of the kinds that read token states; those that average others do as well.
    pub const TOKEN_KINDS: [&str; 3] = ["token_attention", "similarity_attention", "token_transformer"];

    /// The names of the kinds that read embeddings.
    pub const KINDS: [&str; 24] = [
        "linear",
        "low_rank",
        "orthogonal",
        "diagonal",
        "gated_selection",
        "mlp",
        "key_value_memory",
        "training_memory",
        "layer_attention",
        "layer_transformer",
        "sequence",
        "mixture_of_experts",
        "ensemble",
        "weighted_ensemble",
        "soup",
        "interpolation",
        "ridge",
        "positives_ridge",
        "softmax_ridge",
        "procrustes",
        "cca",
        "whitening",
        "pca",
        "all_but_the_top",
    ];

    /// A kind with its default settings.
    ///
    /// # Errors
    /// [`Error::UnknownRecipe`] for a name that is not in [`RecipeConfig::KINDS`] or
    /// [`RecipeConfig::TOKEN_KINDS`].
    pub fn named(kind: &str) -> Result<Self, Error> {
        let only_kind = MapDeserializer::<_, KindError>::new([("kind", kind)].into_iter());
        Self::deserialize(only_kind).map_err(|_| Error::UnknownRecipe {
            found: kind.to_owned(),
            known: [&Self::KINDS[..], &Self::TOKEN_KINDS].concat().join(", "),
        })
    }

    /// The name of the kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Linear(_) => "linear",
            Self::LowRank(_) => "low_rank",
            Self::Orthogonal(_) => "orthogonal",
            Self::Diagonal(_) => "diagonal",
            Self::GatedSelection(_) => "gated_selection",
            Self::Mlp(_) => "mlp",
            Self::KeyValueMemory(_) => "key_value_memory",
            Self::TrainingMemory(_) => "training_memory",
            Self::LayerAttention(_) => "layer_attention",
            Self::LayerTransformer(_) => "layer_transformer",
            Self::TokenAttention(_) => "token_attention",
            Self::SimilarityAttention(_) => "similarity_attention",
            Self::TokenTransformer(_) => "token_transformer",
            Self::Sequence(_) => "sequence",
            Self::MixtureOfExperts(_) => "mixture_of_experts",
            Self::Ensemble(_) => "ensemble",
            Self::WeightedEnsemble(_) => "weighted_ensemble",
            Self::Soup(_) => "soup",
            Self::Interpolation(_) => "interpolation",
            Self::Ridge(_) => "ridge",
            Self::PositivesRidge(_) => "positives_ridge",
            Self::SoftmaxRidge(_) => "softmax_ridge",
            Self::Procrustes(_) => "procrustes",
            Self::Cca(_) => "cca",
            Self::Whitening(_) => "whitening",
            Self::Pca(_) => "pca",
            Self::AllButTheTop(_) => "all_but_the_top",
        }
    }

    /// Whether it reads token states, so that [`RecipeConfig::build_for_tokens`] builds it, and not embeddings.
    pub fn reads_token_states(&self) -> bool {
        match self {
            Self::TokenAttention(_) | Self::SimilarityAttention(_) | Self::TokenTransformer(_) => true,
            Self::Ensemble(settings) => settings.members.iter().any(Self::reads_token_states),
            Self::Soup(settings) => settings.of.reads_token_states(),
            Self::Interpolation(settings) => settings.of.reads_token_states(),
            _ => false,
        }
    }

    /// The recipe between the dimensions of queries and items. To the seeds of its modules' starting values `seed` is added
    /// and, in training, [`TrainerConfig::seed`](crate::TrainerConfig::seed); so 0 will do.
    ///
    /// # Errors
    /// [`Error::Search`] for settings outside their range, and for a transferred part that cannot be loaded;
    /// [`Error::Core`] for dimensions in the settings that are not those of the embeddings; [`Error::NotOneModule`] for a
    /// part that is a recipe of several modules.
    pub fn build(&self, query_dim: usize, item_dim: usize, seed: u64) -> Result<Box<dyn Recipe>, Error> {
        self.build_from(&FromData { query_dim, item_dim, seed })
    }

    /// The recipe over token states: of [`RecipeConfig::TOKEN_KINDS`], and ensembles, soups and interpolations of them.
    ///
    /// # Errors
    /// As [`RecipeConfig::build`]; [`Error::AnotherEncoding`] for a kind that reads embeddings.
    pub fn build_for_tokens(
        &self,
        token_dim: usize,
        item_dim: usize,
        seed: u64,
    ) -> Result<Box<dyn Recipe<TokenStates>>, Error> {
        self.build_from_tokens(&FromData { query_dim: token_dim, item_dim, seed })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_known_by_its_name_and_survives_json() {
        for kind in RecipeConfig::KINDS.into_iter().chain(RecipeConfig::TOKEN_KINDS) {
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
        for kind in RecipeConfig::TOKEN_KINDS {
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
