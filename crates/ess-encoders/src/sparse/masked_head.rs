//! The head of a masked language model: from token states to a logit for each term.

use serde::Deserialize;

use super::pooling::SpladePooling;
use crate::{
    compute::host::{
        HostCompute,
        memory::{HostMatrix, HostVector},
        weight::HostWeight,
    },
    error::Error,
    model::{
        activation::Activation,
        architecture::definition::{Architecture, MaskedHead as Names},
        folder::ModelFolder,
        transformer_config::TransformerConfig,
    },
    transformer::{
        definition::{Linear, Norm, NormKind},
        host_tokens::HostTokens,
        operations::Compute,
    },
    weights::Weights,
};

/// Terms whose logits are computed together, for all tokens of a text: few enough that they stay in the cache.
const TERMS: usize = 1024;

/// `E norm(activation(W x + b)) + c`, `E` being the table of words or a weight of its own.
pub(super) struct MaskedHead {
    compute: HostCompute,
    dense: Linear<HostWeight, HostVector>,
    activation: Activation,
    norm: Norm<HostVector>,
    /// By parts of [`TERMS`] terms.
    decoder: Vec<Linear<HostWeight, HostVector>>,
    dim: usize,
    vocabulary: usize,
}

#[derive(Deserialize)]
struct Tied {
    tie_word_embeddings: Option<bool>,
}

impl MaskedHead {
    pub(super) fn read(
        folder: &ModelFolder,
        weights: &Weights,
        config: &TransformerConfig,
        compute: HostCompute,
    ) -> Result<Self, Error> {
        let (dim, vocabulary) = (config.dim, config.vocabulary);
        let names = names(folder, config)?;
        let dense = weights.read(&format!("{}.weight", names.dense), &[dim, dim])?;
        let dense_bias = weights.read(&format!("{}.bias", names.dense), &[dim])?;
        let table = weights.read(&decoder(folder, weights, config, names)?, &[vocabulary, dim])?;
        let own_bias = format!("{}.bias", names.decoder);
        let bias = if weights.has(names.bias) { names.bias } else { &own_bias };
        let bias = weights.read(bias, &[vocabulary])?;
        let part = |(table, bias): (&[f32], &[f32])| Linear {
            weight: compute.weight(table.to_vec(), [bias.len(), dim]),
            bias: compute.vector(bias.to_vec()),
        };
        Ok(Self {
            compute,
            dense: Linear { weight: compute.weight(dense, [dim, dim]), bias: compute.vector(dense_bias) },
            activation: names.activation.unwrap_or(config.activation),
            norm: norm(weights, names.norm, config, compute)?,
            decoder: table.chunks(TERMS * dim).zip(bias.chunks(TERMS)).map(part).collect(),
            dim,
            vocabulary,
        })
    }

    /// The number of terms.
    pub(super) fn vocabulary(&self) -> usize {
        self.vocabulary
    }

    /// The terms of a text with a value above 0, ascending, of the states of its tokens (`T × dim`).
    pub(super) fn terms(&self, states: &[f32], pooling: SpladePooling) -> Vec<(u32, f32)> {
        let (compute, mut terms) = (&self.compute, Vec::new());
        let states = HostTokens { values: states.to_vec(), dim: self.dim };
        let states = compute.activate(compute.project(&states, &self.dense), self.activation);
        let HostTokens { values, dim } = compute.normalize(states, &self.norm);
        let states = HostMatrix { values, columns: dim };
        let mut pooled = [0.0; TERMS];
        for (part, decoder) in self.decoder.iter().enumerate() {
            let logits = compute.project_rows(&states, decoder);
            let pooled = &mut pooled[..logits.columns];
            pooling.pool(&logits.values, pooled);
            let term = |(at, value): (usize, &f32)| ((part * TERMS + at) as u32, *value);
            terms.extend(pooled.iter().enumerate().map(term).filter(|(_, value)| *value > 0.0));
        }
        terms
    }
}

fn names(folder: &ModelFolder, config: &TransformerConfig) -> Result<&'static Names, Error> {
    config.architecture.masked_head.as_ref().ok_or_else(|| {
        let with_head = Architecture::all().filter(|known| known.masked_head.is_some());
        let names: Vec<_> = with_head.flat_map(|known| known.model_types.iter().copied()).collect();
        let expected = format!("for a sparse encoder one of {}", names.join(", "));
        Error::config(&folder.file("config.json"), "model_type", expected, config.architecture.model_types[0])
    })
}

/// The name of the logits' weight: the table of words, unless the configuration says that there is another.
fn decoder(
    folder: &ModelFolder,
    weights: &Weights,
    config: &TransformerConfig,
    names: &Names,
) -> Result<String, Error> {
    let tied: Tied = folder.json("config.json")?;
    let words = &config.architecture.names;
    let with_prefix = format!("{}{}.weight", words.prefix, words.words);
    Ok(match tied.tie_word_embeddings {
        Some(false) => format!("{}.weight", names.decoder),
        _ if weights.has(&with_prefix) => with_prefix,
        _ => format!("{}.weight", words.words),
    })
}

fn norm(
    weights: &Weights,
    name: &str,
    config: &TransformerConfig,
    compute: HostCompute,
) -> Result<Norm<HostVector>, Error> {
    // Checkpoints converted from TensorFlow say gamma and beta.
    let read = |new: &str, old: &str| {
        let old_name = format!("{name}.{old}");
        let name = if weights.has(&old_name) { old_name } else { format!("{name}.{new}") };
        weights.read(&name, &[config.dim])
    };
    let (weight, bias) = (compute.vector(read("weight", "gamma")?), compute.vector(read("bias", "beta")?));
    Ok(Norm { weight, bias, epsilon: config.norm_epsilon, kind: NormKind::Layer })
}
