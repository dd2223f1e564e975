//! The settings of recipes that are made of others.

use std::path::PathBuf;

use ess_search::{Averaging, KeyValueMemoryConfig, MlpConfig};
use serde::{Deserialize, Serialize};

use super::RecipeConfig;

/// An ensemble of recipes, averaged as they are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EnsembleSettings {
    /// What is averaged. Default: a linear module, an MLP and a key–value memory. Members of different kinds err on
    /// different queries; a second MLP errs where the first one does.
    pub members: Vec<RecipeConfig>,
    /// How it is averaged. Default: after normalisation.
    pub averaging: Averaging,
    /// Whether each member sees its own draw of the queries, with replacement. Default: false.
    pub bagged: bool,
}

impl Default for EnsembleSettings {
    fn default() -> Self {
        let members = vec![
            RecipeConfig::default(),
            RecipeConfig::Mlp(MlpConfig::default()),
            RecipeConfig::KeyValueMemory(KeyValueMemoryConfig::default()),
        ];
        Self { members, averaging: Averaging::default(), bagged: false }
    }
}

/// An ensemble of recipes with learned weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WeightedEnsembleSettings {
    /// What is averaged. Default: as in [`EnsembleSettings`].
    pub members: Vec<RecipeConfig>,
    /// How it is averaged. Default: after normalisation.
    pub averaging: Averaging,
    /// Whether members and weights are trained together, as one module, instead of one after another. Default: false.
    pub jointly: bool,
}

impl Default for WeightedEnsembleSettings {
    fn default() -> Self {
        let EnsembleSettings { members, averaging, .. } = EnsembleSettings::default();
        Self { members, averaging, jointly: false }
    }
}

/// Experts among which each query chooses, the identity beside them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MixtureSettings {
    /// The experts. Default: two linear modules.
    pub experts: Vec<RecipeConfig>,
    /// Added to the trainer's seed for the gate. Default: 0.
    pub seed: u64,
}

impl Default for MixtureSettings {
    fn default() -> Self {
        Self { experts: vec![RecipeConfig::default(), RecipeConfig::default()], seed: 0 }
    }
}

/// Named sub-operations, one after another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SequenceSettings {
    /// The parts. Default: a rotation, then a selection of dimensions.
    pub parts: Vec<SequencePart>,
}

impl Default for SequenceSettings {
    fn default() -> Self {
        let part = |name: &str, module| SequencePart {
            name: name.to_owned(),
            module: Some(module),
            from: None,
            part: None,
            frozen: false,
        };
        let rotation = RecipeConfig::Orthogonal(Default::default());
        let selection = RecipeConfig::Diagonal(Default::default());
        Self { parts: vec![part("rotation", rotation), part("selection", selection)] }
    }
}

/// One part of a sequence: a new module, or one from a folder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SequencePart {
    /// Its name, of no other part.
    pub name: String,
    /// A new module; the first part reads queries, the others read what the part before them returns, and all return
    /// vectors of the items' dimension unless their own settings say otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub module: Option<RecipeConfig>,
    /// The folder of a trained module, instead of a new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<PathBuf>,
    /// The part of that module to take. Default: all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<String>,
    /// Whether training leaves it as it is. Default: false.
    #[serde(default)]
    pub frozen: bool,
}

/// Several runs of one recipe, their weights averaged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SoupSettings {
    /// What is trained; of one kind and start. Default: a linear module.
    pub of: Box<RecipeConfig>,
    /// How many runs; between 1 and 1000. Default: 4.
    pub runs: usize,
    /// Whether each run sees its own draw of the queries, with replacement. Default: true.
    pub bagged: bool,
}

impl Default for SoupSettings {
    fn default() -> Self {
        Self { of: Box::default(), runs: 4, bagged: true }
    }
}

/// A trained module, interpolated with the identity.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct InterpolationSettings {
    /// What is trained. Default: a linear module.
    pub of: Box<RecipeConfig>,
    /// How far to go from the identity to the module, between 0 and 1. Default: the best on dev.
    pub weight: Option<f32>,
}

/// A memory of the training queries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrainingMemorySettings {
    /// The most queries to remember. Default: 16384.
    pub slots: usize,
    /// As [`KeyValueMemoryConfig::sharpness`]. Default: 20.
    pub sharpness: f32,
    /// As [`KeyValueMemoryConfig::threshold`]. Default: 0.5.
    pub threshold: f32,
}

impl Default for TrainingMemorySettings {
    fn default() -> Self {
        let KeyValueMemoryConfig { sharpness, threshold, .. } = KeyValueMemoryConfig::default();
        Self { slots: 1 << 14, sharpness, threshold }
    }
}
