//! From the states of a pair's tokens to the score.

use std::path::Path;

use serde::Deserialize;

use crate::{
    compute::{
        host::{HostCompute, memory::HostVector, weight::HostWeight},
        precision::Precision,
    },
    error::Error,
    model::{
        activation::{Activation, activation},
        architecture::definition::{Architecture, Classifier, Pooled, Stated},
        folder::ModelFolder,
        tokenizer::token_ids::TokenIds,
        transformer_config::TransformerConfig,
    },
    transformer::{
        definition::{Linear, Norm, NormKind},
        host_tokens::HostTokens,
        operations::Compute,
    },
    weights::Weights,
};

/// `w₂ · norm(activation(W₁ x + b₁)) + b₂` of one state `x`, or of their mean; parts that a model has not are left out.
pub(super) struct Head {
    pooled: Pooled,
    padding: Option<u32>,
    dense: Option<(Linear<HostWeight, HostVector>, Activation)>,
    norm: Option<Norm<HostVector>>,
    score: Linear<HostWeight, HostVector>,
    dim: usize,
}

/// What config.json says of it.
#[derive(Deserialize)]
struct HeadConfig {
    classifier_activation: Option<String>,
    classifier_bias: Option<bool>,
    classifier_pooling: Option<String>,
    pooler_hidden_act: Option<String>,
    pad_token_id: Option<u32>,
}

// It is small: its weights stay in f32 at every precision.
const COMPUTE: HostCompute = HostCompute { precision: Precision::F32 };

impl Head {
    pub(super) fn read(
        folder: &ModelFolder,
        weights: &Weights,
        config: &TransformerConfig,
    ) -> Result<Self, Error> {
        let path = folder.file("config.json");
        let classifier = config.architecture.classifier.as_ref().ok_or_else(|| unknown(&path, config))?;
        let stated: HeadConfig = folder.json("config.json")?;
        let biased = classifier.stated != Stated::Classifier || stated.classifier_bias == Some(true);
        let function = stated.function(&path, classifier)?;
        let dense = |name| Ok::<_, Error>((linear(weights, name, [config.dim; 2], biased)?, function));
        Ok(Self {
            pooled: stated.pooled(&path, classifier)?,
            padding: stated.pad_token_id,
            dense: classifier.dense.map(dense).transpose()?,
            norm: classifier.norm.map(|name| norm(weights, name, config)).transpose()?,
            score: linear(weights, classifier.score, [1, config.dim], classifier.score_bias)?,
            dim: config.dim,
        })
    }

    /// The score of the states of a pair's tokens, `T × dim`.
    pub(super) fn score(&self, tokens: &TokenIds, states: &[f32]) -> f32 {
        let mut state = HostTokens { values: self.pool(&tokens.ids, states), dim: self.dim };
        if let Some((dense, function)) = &self.dense {
            state = COMPUTE.activate(COMPUTE.project(&state, dense), *function);
        }
        if let Some(norm) = &self.norm {
            state = COMPUTE.normalize(state, norm);
        }
        COMPUTE.project(&state, &self.score).values[0]
    }

    fn pool(&self, ids: &[u32], states: &[f32]) -> Vec<f32> {
        let at = match self.pooled {
            Pooled::First => 0,
            Pooled::Last => ids.iter().rposition(|id| Some(*id) != self.padding).unwrap_or(0),
            Pooled::Mean => return mean(states, self.dim),
        };
        let state = states.get(at * self.dim..(at + 1) * self.dim);
        state.map_or_else(|| vec![0.0; self.dim], <[f32]>::to_vec)
    }
}

impl HeadConfig {
    fn function(&self, path: &Path, classifier: &Classifier) -> Result<Activation, Error> {
        let (field, name) = match classifier.stated {
            Stated::Nothing => return Ok(classifier.activation),
            Stated::PoolerActivation => ("pooler_hidden_act", &self.pooler_hidden_act),
            Stated::Classifier => ("classifier_activation", &self.classifier_activation),
        };
        name.as_deref().map_or(Ok(classifier.activation), |name| activation(path, field, name))
    }

    fn pooled(&self, path: &Path, classifier: &Classifier) -> Result<Pooled, Error> {
        match self.classifier_pooling.as_deref().filter(|_| classifier.stated == Stated::Classifier) {
            None => Ok(classifier.pooled),
            Some("cls") => Ok(Pooled::First),
            Some("mean") => Ok(Pooled::Mean),
            Some(other) => Err(Error::config(path, "classifier_pooling", "cls or mean", other)),
        }
    }
}

fn unknown(path: &Path, config: &TransformerConfig) -> Error {
    let with_head = Architecture::all().filter(|known| known.classifier.is_some());
    let names: Vec<_> = with_head.flat_map(|known| known.model_types.iter().copied()).collect();
    let expected = format!("for a cross-encoder one of {}", names.join(", "));
    Error::config(path, "model_type", expected, config.architecture.model_types[0])
}

fn linear(
    weights: &Weights,
    name: &str,
    [d_out, d_in]: [usize; 2],
    biased: bool,
) -> Result<Linear<HostWeight, HostVector>, Error> {
    let weight = weights.read(&format!("{name}.weight"), &[d_out, d_in])?;
    let bias = if biased { weights.read(&format!("{name}.bias"), &[d_out])? } else { vec![0.0; d_out] };
    Ok(Linear { weight: COMPUTE.weight(weight, [d_out, d_in]), bias: COMPUTE.vector(bias) })
}

fn norm(weights: &Weights, name: &str, config: &TransformerConfig) -> Result<Norm<HostVector>, Error> {
    let dim = config.dim;
    let weight = weights.read(&format!("{name}.weight"), &[dim])?;
    let bias = match config.norm_bias {
        true => weights.read(&format!("{name}.bias"), &[dim])?,
        false => vec![0.0; dim],
    };
    let (weight, bias) = (COMPUTE.vector(weight), COMPUTE.vector(bias));
    Ok(Norm { weight, bias, epsilon: config.norm_epsilon, kind: NormKind::Layer })
}

fn mean(states: &[f32], dim: usize) -> Vec<f32> {
    let mut sum = vec![0.0; dim];
    for state in states.chunks_exact(dim) {
        sum.iter_mut().zip(state).for_each(|(sum, value)| *sum += value);
    }
    let tokens = (states.len() / dim).max(1) as f32;
    sum.iter_mut().for_each(|value| *value /= tokens);
    sum
}
