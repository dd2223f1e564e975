//! What the upper part of a split encoder is made from.

use ess_search::{Error, MAX_DIM};
use serde::{Deserialize, Serialize};

use super::{
    dense::{DenseActivation, Residual},
    head::HeadStep,
    pooling::PoolingMode,
};
use crate::model::activation::Activation;

/// The name of the kind in files.
pub(super) const KIND: &str = "upper_layers";

/// The shape of [`UpperLayers`](crate::UpperLayers): enough to make the module again, without its weights.
///
/// ```
/// use ess_encoders::UpperLayersConfig;
///
/// let config: UpperLayersConfig = serde_json::from_str(
///     r#"{"token_dim": 32, "layers": 1, "heads": 4, "feed_forward_dim": 64, "poolings": ["mean"]}"#,
/// )?;
/// assert_eq!(config.item_dim(), 32);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpperLayersConfig {
    /// The dimension of a token's state.
    pub token_dim: usize,
    /// How many layers; 0 leaves the pooling and what follows it.
    pub layers: usize,
    /// Attention heads of a layer; they divide the token dimension evenly.
    pub heads: usize,
    /// The dimension inside a layer's feed-forward half.
    pub feed_forward_dim: usize,
    /// The function between the two halves of the feed-forward. Default: GELU.
    #[serde(default = "gelu")]
    pub activation: Activation,
    /// What layer normalisation adds to the variance. Default: 1e-12, as BERT has it.
    #[serde(default = "bert_epsilon")]
    pub norm_epsilon: f32,
    /// Rows of the table of relative positions that the layers share; 0, the default, where there is none.
    #[serde(default)]
    pub relative_buckets: usize,
    /// The poolings, concatenated.
    pub poolings: Vec<PoolingMode>,
    /// Whether the tokens of the encoder's prompt are pooled too. Default: true.
    #[serde(default = "yes")]
    pub include_prompt: bool,
    /// What follows the pooling. Default: nothing.
    #[serde(default)]
    pub head: Vec<HeadLayer>,
    /// The seed of the starting values of a module that does not come from an encoder. Default: 0.
    #[serde(default)]
    pub seed: u64,
}

/// One step on the pooled vectors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum HeadLayer {
    /// `activation(x Wᵀ + b)`.
    Dense {
        /// The dimension that comes out.
        dim: usize,
        /// The function behind it.
        activation: DenseActivation,
        /// Whether the input is added to the output, through a matrix of its own where their dimensions differ. Default:
        /// false.
        #[serde(default)]
        residual: bool,
    },
    /// Layer normalisation.
    LayerNorm,
    /// Scaling to unit norm.
    Normalize,
    /// Keeping the first components.
    Truncate {
        /// How many, at most.
        dim: usize,
    },
}

fn gelu() -> Activation {
    Activation::Gelu
}

fn bert_epsilon() -> f32 {
    1e-12
}

fn yes() -> bool {
    true
}

// Ten times the largest published encoder; a torn config must not ask for all memory.
const MAX_LAYERS: usize = 256;
const MAX_PARAMETERS: usize = 1 << 30;

impl UpperLayersConfig {
    /// The dimension of the sentence embeddings.
    pub fn item_dim(&self) -> usize {
        let pooled = self.pooled_dim();
        self.head.iter().fold(pooled, |dim, layer| layer.dim(dim))
    }

    /// The dimension of the pooled states.
    pub(super) fn pooled_dim(&self) -> usize {
        self.poolings.len().saturating_mul(self.token_dim)
    }

    pub(super) fn check(&self) -> Result<(), Error> {
        let dim = |name, dim: usize| range(name, 1, MAX_DIM, dim);
        dim("token_dim", self.token_dim)?;
        dim("feed_forward_dim", self.feed_forward_dim)?;
        range("layers", 0, MAX_LAYERS, self.layers)?;
        range("heads", 1, self.token_dim, self.heads)?;
        if !self.token_dim.is_multiple_of(self.heads) {
            let expected = format!("a divisor of token_dim, {}", self.token_dim);
            return Err(refuse("heads", expected, self.heads));
        }
        range("relative_buckets", 0, MAX_DIM, self.relative_buckets)?;
        range("number of poolings", 1, 6, self.poolings.len())?;
        range("number of layers in the head", 0, MAX_LAYERS, self.head.len())?;
        for layer in &self.head {
            match layer {
                HeadLayer::Dense { dim: found, .. } => dim("dim of a dense layer", *found)?,
                HeadLayer::Truncate { dim: found } => dim("components that are kept", *found)?,
                HeadLayer::LayerNorm | HeadLayer::Normalize => {}
            }
        }
        if !(self.norm_epsilon.is_finite() && self.norm_epsilon >= 0.0) {
            return Err(refuse("norm_epsilon", "a finite number of at least 0".into(), self.norm_epsilon));
        }
        range("number of parameters", 0, MAX_PARAMETERS, self.weights())
    }

    /// The number of weights in the matrices. The dimensions must have been checked.
    fn weights(&self) -> usize {
        let block = self.token_dim * (4 * self.token_dim + 2 * self.feed_forward_dim);
        let mut dim = self.pooled_dim();
        let mut dense = 0;
        for layer in &self.head {
            if let HeadLayer::Dense { dim: out, residual, .. } = layer {
                let mapped = *residual && dim != *out;
                dense += dim * out * (1 + usize::from(mapped));
            }
            dim = layer.dim(dim);
        }
        self.layers * block + dense + self.relative_buckets * self.heads
    }
}

impl HeadLayer {
    /// The shape of a step of an encoder's head, without its weights.
    pub(super) fn of(step: &HeadStep) -> Self {
        match step {
            HeadStep::Dense(dense) => Self::Dense {
                dim: dense.bias.len(),
                activation: dense.activation,
                residual: !matches!(dense.residual, Residual::None),
            },
            HeadStep::LayerNorm { .. } => Self::LayerNorm,
            HeadStep::Normalize => Self::Normalize,
            HeadStep::Truncate(dim) => Self::Truncate { dim: *dim },
        }
    }

    /// The dimension that comes out when `dim` goes in.
    pub(super) fn dim(&self, dim: usize) -> usize {
        match self {
            Self::Dense { dim, .. } => *dim,
            Self::LayerNorm | Self::Normalize => dim,
            Self::Truncate { dim: most } => dim.min(*most),
        }
    }
}

fn range(name: &'static str, least: usize, most: usize, found: usize) -> Result<(), Error> {
    match (least..=most).contains(&found) {
        true => Ok(()),
        false => Err(refuse(name, format!("between {least} and {most}"), found)),
    }
}

fn refuse(name: &'static str, expected: String, found: impl ToString) -> Error {
    Error::Config { kind: KIND, name, expected, found: found.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dense(dim: usize) -> HeadLayer {
        HeadLayer::Dense { dim, activation: DenseActivation::Tanh, residual: false }
    }

    fn config() -> UpperLayersConfig {
        UpperLayersConfig {
            token_dim: 8,
            layers: 1,
            heads: 2,
            feed_forward_dim: 16,
            activation: Activation::Relu,
            norm_epsilon: 1e-12,
            relative_buckets: 4,
            poolings: vec![PoolingMode::Cls, PoolingMode::Mean],
            include_prompt: false,
            head: vec![dense(5), HeadLayer::Normalize],
            seed: 3,
        }
    }

    #[test]
    fn a_config_survives_json_and_unknown_fields_do_not() {
        let json = serde_json::to_string(&config()).unwrap();
        assert_eq!(serde_json::from_str::<UpperLayersConfig>(&json).unwrap(), config());
        assert!(serde_json::from_str::<UpperLayersConfig>(&json.replace("seed", "sede")).is_err());
        let older = json.replace(",\"residual\":false", "");
        assert_ne!(older, json);
        assert_eq!(serde_json::from_str::<UpperLayersConfig>(&older).unwrap(), config());
        assert!(serde_json::from_str::<UpperLayersConfig>(&json.replace("\"dim\"", "\"dmi\"")).is_err());
    }

    #[test]
    fn what_is_impossible_is_named() {
        config().check().unwrap();
        assert_eq!(config().item_dim(), 5);
        let no_dense = vec![dense(0)];
        let nothing = vec![HeadLayer::Truncate { dim: 0 }];
        let huge = UpperLayersConfig { token_dim: MAX_DIM, heads: 1, feed_forward_dim: MAX_DIM, ..config() };
        let bad = [
            ("token_dim", UpperLayersConfig { token_dim: 0, ..config() }),
            ("feed_forward_dim", UpperLayersConfig { feed_forward_dim: usize::MAX, ..config() }),
            ("layers", UpperLayersConfig { layers: usize::MAX, ..config() }),
            ("heads", UpperLayersConfig { heads: 0, ..config() }),
            ("heads", UpperLayersConfig { heads: 3, ..config() }),
            ("number of poolings", UpperLayersConfig { poolings: vec![], ..config() }),
            ("dim of a dense layer", UpperLayersConfig { head: no_dense, ..config() }),
            ("components that are kept", UpperLayersConfig { head: nothing, ..config() }),
            ("norm_epsilon", UpperLayersConfig { norm_epsilon: f32::NAN, ..config() }),
            ("number of parameters", huge),
        ];
        for (expected, config) in bad {
            assert!(
                matches!(config.check(), Err(Error::Config { name, .. }) if name == expected),
                "{expected}"
            );
        }
    }
}
