//! What follows the pooling: dense layers, layer normalisation, scaling to unit norm, keeping the first components.

use serde::Deserialize;

use super::{
    dense::{Dense, DenseActivation, Residual},
    modules::ModelPart,
};
use crate::{
    error::Error,
    model::{folder::ModelFolder, settings::sentence},
    weights::Weights,
};

/// One step on the pooled vectors.
pub(crate) enum HeadStep {
    Dense(Dense),
    LayerNorm {
        weight: Vec<f32>,
        bias: Vec<f32>,
    },
    Normalize,
    /// Keeps the first components of each vector.
    Truncate(usize),
}

#[derive(Deserialize)]
struct LayerNormConfig {
    dimension: usize,
}

impl HeadStep {
    /// A layer of a transformer's own file, without a bias.
    pub(crate) fn projection(
        weights: &Weights,
        name: &str,
        [d_out, d_in]: [usize; 2],
    ) -> Result<Self, Error> {
        let weight = weights.read(&format!("{name}.weight"), &[d_out, d_in])?;
        let (bias, activation, residual) = (vec![0.0; d_out], DenseActivation::Identity, Residual::None);
        Ok(Self::Dense(Dense { weight, bias, activation, residual }))
    }

    /// The steps of parts on vectors of dimension `dim`, of which the first `kept` components are kept, and the dimension behind
    /// them.
    pub(crate) fn all(
        parts: &[ModelPart],
        mut dim: usize,
        kept: Option<usize>,
    ) -> Result<(Vec<Self>, usize), Error> {
        let mut steps = Vec::new();
        for part in parts {
            if let Some(step) = Self::read(part, dim)? {
                dim = step.dim(dim);
                steps.push(step);
            }
        }
        if let Some(kept) = kept.filter(|kept| *kept < dim) {
            steps.push(Self::Truncate(kept));
            dim = kept;
        }
        Ok((steps, dim))
    }

    /// Reads a part that works on vectors of dimension `dim`; `None` for one that does nothing when encoding.
    pub(crate) fn read(part: &ModelPart, dim: usize) -> Result<Option<Self>, Error> {
        match part.class.as_str() {
            "Dense" => Ok(Some(Self::Dense(Dense::read(&part.folder, dim)?))),
            "LayerNorm" => Self::read_layer_norm(&part.folder, dim).map(Some),
            "Normalize" => Ok(Some(Self::Normalize)),
            "Dropout" => Ok(None),
            "Router" | "Asym" => {
                let expected = "one way for queries and items; load two towers with TwoTowerEncoder";
                Err(part.refused(expected, &part.class))
            }
            other => {
                let expected = "Transformer, Pooling, Dense, LayerNorm, Normalize or Dropout, in this order";
                Err(part.refused(expected, other))
            }
        }
    }

    fn read_layer_norm(folder: &ModelFolder, dim: usize) -> Result<Self, Error> {
        let config: LayerNormConfig = folder.settings("config.json", &sentence::LAYER_NORM)?;
        folder.check_dim("dimension", dim, config.dimension)?;
        let weights = Weights::open(folder)?;
        weights.expect_only(&["norm.weight", "norm.bias"])?;
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
            Self::Truncate(most) => dim.min(*most),
        }
    }

    /// Works on `n × dim` values.
    pub(crate) fn apply(&self, vectors: Vec<f32>, dim: usize) -> Vec<f32> {
        match self {
            Self::Dense(dense) => dense.apply(&vectors, dim),
            Self::LayerNorm { weight, bias } => each_row(vectors, dim, |row| layer_norm(row, weight, bias)),
            Self::Normalize => each_row(vectors, dim, normalize),
            Self::Truncate(most) => {
                vectors.chunks_exact(dim).flat_map(|row| &row[..dim.min(*most)]).copied().collect()
            }
        }
    }
}

fn each_row(mut vectors: Vec<f32>, dim: usize, step: impl Fn(&mut [f32])) -> Vec<f32> {
    vectors.chunks_exact_mut(dim).for_each(step);
    vectors
}

// PyTorch's default.
pub(super) const LAYER_NORM_EPSILON: f32 = 1e-5;

fn layer_norm(row: &mut [f32], weight: &[f32], bias: &[f32]) {
    let n = row.len() as f32;
    let mean = row.iter().sum::<f32>() / n;
    let variance = row.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / n;
    for ((value, weight), bias) in row.iter_mut().zip(weight).zip(bias) {
        *value = (*value - mean) / (variance + LAYER_NORM_EPSILON).sqrt() * weight + bias;
    }
}

/// Brings a vector to unit norm, unless it is zero.
pub(super) fn normalize(row: &mut [f32]) {
    let norm = row.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>().sqrt();
    if norm > 0.0 {
        row.iter_mut().for_each(|value| *value = (f64::from(*value) / norm) as f32);
    }
}
