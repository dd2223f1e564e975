//! What follows the pooling: dense layers, layer normalisation, scaling to length 1.

use serde::{Deserialize, Serialize};

use super::{HeadLayer, modules::ModelPart};
use crate::{Error, compute::dense_rows, model::ModelFolder, weights::Weights};

/// One step on the pooled vectors.
pub(crate) enum HeadStep {
    Dense(Dense),
    LayerNorm { weight: Vec<f32>, bias: Vec<f32> },
    Normalize,
}

/// `activation(x Wᵀ + b)`.
pub(crate) struct Dense {
    pub(crate) weight: Vec<f32>,
    pub(crate) bias: Vec<f32>,
    pub(crate) activation: DenseActivation,
}

/// The function behind a dense layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DenseActivation {
    /// None.
    Identity,
    /// `tanh(x)`.
    Tanh,
    /// `max(x, 0)`.
    Relu,
    /// `1 / (1 + exp(−x))`.
    Sigmoid,
}

#[derive(Deserialize)]
struct DenseConfig {
    in_features: usize,
    out_features: usize,
    #[serde(default = "yes")]
    bias: bool,
    #[serde(default = "tanh")]
    activation_function: String,
}

#[derive(Deserialize)]
struct LayerNormConfig {
    dimension: usize,
}

fn yes() -> bool {
    true
}

fn tanh() -> String {
    "Tanh".to_owned()
}

impl HeadStep {
    /// Reads a part that works on vectors of `dim` numbers; `None` for one that does nothing when encoding.
    pub(crate) fn read(part: &ModelPart, dim: usize) -> Result<Option<Self>, Error> {
        match part.class.as_str() {
            "Dense" => Ok(Some(Self::Dense(Dense::read(&part.folder, dim)?))),
            "LayerNorm" => Self::read_layer_norm(&part.folder, dim).map(Some),
            "Normalize" => Ok(Some(Self::Normalize)),
            "Dropout" => Ok(None),
            other => {
                let expected = "Transformer, Pooling, Dense, LayerNorm, Normalize or Dropout, in this order";
                Err(Error::config(&part.folder.file("modules.json"), "type", expected, other))
            }
        }
    }

    fn read_layer_norm(folder: &ModelFolder, dim: usize) -> Result<Self, Error> {
        let config: LayerNormConfig = folder.json("config.json")?;
        check_dim(folder, "dimension", dim, config.dimension)?;
        let weights = Weights::open(folder)?;
        Ok(Self::LayerNorm {
            weight: weights.read("norm.weight", &[dim])?,
            bias: weights.read("norm.bias", &[dim])?,
        })
    }

    /// The dimension that comes out when `dim` goes in.
    pub(crate) fn dim(&self, dim: usize) -> usize {
        match self {
            Self::Dense(dense) => dense.bias.len(),
            Self::LayerNorm { .. } | Self::Normalize => dim,
        }
    }

    /// What it is, its numbers aside.
    pub(crate) fn config(&self) -> HeadLayer {
        match self {
            Self::Dense(dense) => HeadLayer::Dense { dim: dense.bias.len(), activation: dense.activation },
            Self::LayerNorm { .. } => HeadLayer::LayerNorm,
            Self::Normalize => HeadLayer::Normalize,
        }
    }

    /// Works on `n × dim` numbers.
    pub(crate) fn apply(&self, vectors: Vec<f32>, dim: usize) -> Vec<f32> {
        match self {
            Self::Dense(dense) => dense.apply(&vectors, dim),
            Self::LayerNorm { weight, bias } => each_row(vectors, dim, |row| layer_norm(row, weight, bias)),
            Self::Normalize => each_row(vectors, dim, normalize),
        }
    }
}

impl Dense {
    fn read(folder: &ModelFolder, dim: usize) -> Result<Self, Error> {
        let config: DenseConfig = folder.json("config.json")?;
        check_dim(folder, "in_features", dim, config.in_features)?;
        let weights = Weights::open(folder)?;
        let bias = if config.bias {
            weights.read("linear.bias", &[config.out_features])?
        } else {
            // A layer whose weight has the wrong size must fail before its size is believed.
            weights.read("linear.weight", &[config.out_features, dim])?;
            vec![0.0; config.out_features]
        };
        Ok(Self {
            weight: weights.read("linear.weight", &[config.out_features, dim])?,
            bias,
            activation: activation(folder, &config.activation_function)?,
        })
    }

    fn apply(&self, vectors: &[f32], dim: usize) -> Vec<f32> {
        let mut mapped = dense_rows(vectors, dim, &self.weight, &self.bias);
        let activation: fn(f32) -> f32 = match self.activation {
            DenseActivation::Identity => return mapped,
            DenseActivation::Tanh => f32::tanh,
            DenseActivation::Relu => |x| x.max(0.0),
            DenseActivation::Sigmoid => |x| 1.0 / (1.0 + (-x).exp()),
        };
        mapped.iter_mut().for_each(|value| *value = activation(*value));
        mapped
    }
}

fn activation(folder: &ModelFolder, class: &str) -> Result<DenseActivation, Error> {
    match class.rsplit('.').next() {
        Some("Identity") => Ok(DenseActivation::Identity),
        Some("Tanh") => Ok(DenseActivation::Tanh),
        Some("ReLU") => Ok(DenseActivation::Relu),
        Some("Sigmoid") => Ok(DenseActivation::Sigmoid),
        _ => {
            let expected = "Identity, Tanh, ReLU or Sigmoid";
            Err(Error::config(&folder.file("config.json"), "activation_function", expected, class))
        }
    }
}

fn check_dim(folder: &ModelFolder, field: &'static str, expected: usize, found: usize) -> Result<(), Error> {
    if expected == found {
        Ok(())
    } else {
        Err(Error::config(&folder.file("config.json"), field, expected.to_string(), found))
    }
}

fn each_row(mut vectors: Vec<f32>, dim: usize, step: impl Fn(&mut [f32])) -> Vec<f32> {
    vectors.chunks_exact_mut(dim).for_each(step);
    vectors
}

// PyTorch's default.
pub(crate) const LAYER_NORM_EPSILON: f32 = 1e-5;

fn layer_norm(row: &mut [f32], weight: &[f32], bias: &[f32]) {
    let n = row.len() as f32;
    let mean = row.iter().sum::<f32>() / n;
    let variance = row.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / n;
    for ((value, weight), bias) in row.iter_mut().zip(weight).zip(bias) {
        *value = (*value - mean) / (variance + LAYER_NORM_EPSILON).sqrt() * weight + bias;
    }
}

fn normalize(row: &mut [f32]) {
    let norm = row.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>().sqrt();
    if norm > 0.0 {
        row.iter_mut().for_each(|value| *value = (f64::from(*value) / norm) as f32);
    }
}
