//! config.json of the supported architectures, brought into one form.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::settings::transformer;
use crate::{error::Error, model::folder::ModelFolder};

/// How a family of models names its tensors and numbers its positions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    Bert,
    /// RoBERTa and XLM-RoBERTa: BERT whose positions start behind the padding id.
    Roberta,
    DistilBert,
    MpNet,
}

/// The function between the two halves of a feed-forward layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// `x Φ(x)`.
    Gelu,
    /// GELU by its tangent approximation.
    GeluTanh,
    /// `max(x, 0)`.
    Relu,
}

/// The sizes of a transformer encoder.
#[derive(Clone, Debug)]
pub(crate) struct TransformerConfig {
    pub(crate) family: Family,
    pub(crate) vocabulary: usize,
    pub(crate) dim: usize,
    pub(crate) layers: usize,
    pub(crate) heads: usize,
    pub(crate) feed_forward_dim: usize,
    pub(crate) activation: Activation,
    pub(crate) norm_epsilon: f32,
    /// Rows of the position table.
    pub(crate) positions: usize,
    /// Where positions are counted behind it, and it does not count: the id of the padding token.
    pub(crate) padding: Option<u32>,
    /// Rows of the token type table, 0 where there is none.
    pub(crate) token_types: usize,
    /// Rows of the relative position table, 0 where there is none.
    pub(crate) relative_buckets: usize,
    /// The class that the weights were saved from, such as `BertForMaskedLM`.
    pub(crate) architecture: Option<String>,
}

// One field for each name that some family uses.
#[derive(Deserialize)]
struct RawConfig {
    model_type: String,
    vocab_size: usize,
    #[serde(alias = "dim")]
    hidden_size: usize,
    #[serde(alias = "n_layers")]
    num_hidden_layers: usize,
    #[serde(alias = "n_heads")]
    num_attention_heads: usize,
    #[serde(alias = "hidden_dim")]
    intermediate_size: usize,
    #[serde(alias = "activation", default = "gelu")]
    hidden_act: String,
    #[serde(default = "bert_epsilon")]
    layer_norm_eps: f32,
    max_position_embeddings: usize,
    #[serde(default = "two")]
    type_vocab_size: usize,
    pad_token_id: Option<u32>,
    /// The classes that the weights were saved from.
    architectures: Option<Vec<String>>,
}

fn gelu() -> String {
    "gelu".to_owned()
}

fn bert_epsilon() -> f32 {
    1e-12
}

// What BERT and RoBERTa have where the file does not say it.
fn two() -> usize {
    2
}

// MPNet looks into so many, whatever its file says.
const MPNET_BUCKETS: usize = 32;
// DistilBERT has no such setting.
const DISTILBERT_EPSILON: f32 = 1e-12;

impl TransformerConfig {
    pub(crate) fn read(folder: &ModelFolder) -> Result<Self, Error> {
        let raw: RawConfig = folder.settings("config.json", &transformer::TRANSFORMER)?;
        Self::from_raw(&folder.file("config.json"), &raw)
    }

    fn from_raw(path: &Path, raw: &RawConfig) -> Result<Self, Error> {
        check_sizes(path, raw)?;
        let family = family(path, &raw.model_type)?;
        let padding = match family {
            Family::Bert | Family::DistilBert => None,
            Family::Roberta | Family::MpNet => Some(raw.pad_token_id.unwrap_or(1)),
        };
        let has_token_types = matches!(family, Family::Bert | Family::Roberta);
        let config = Self {
            family,
            vocabulary: raw.vocab_size,
            dim: raw.hidden_size,
            layers: raw.num_hidden_layers,
            heads: raw.num_attention_heads,
            feed_forward_dim: raw.intermediate_size,
            activation: activation(path, &raw.hidden_act)?,
            norm_epsilon: match family {
                Family::DistilBert => DISTILBERT_EPSILON,
                _ => raw.layer_norm_eps,
            },
            positions: raw.max_position_embeddings,
            padding,
            token_types: if has_token_types { raw.type_vocab_size } else { 0 },
            relative_buckets: if family == Family::MpNet { MPNET_BUCKETS } else { 0 },
            architecture: raw.architectures.iter().flatten().next().cloned(),
        };
        if config.longest() == 0 {
            let expected = "a position for at least one token";
            return Err(Error::config(path, "max_position_embeddings", expected, config.positions));
        }
        Ok(config)
    }

    /// The most tokens that a text may have.
    pub(crate) fn longest(&self) -> usize {
        self.positions.saturating_sub(self.first_position())
    }

    /// The row of the position table for a text's first token.
    pub(crate) fn first_position(&self) -> usize {
        self.padding.map_or(0, |padding| padding as usize + 1)
    }
}

fn check_sizes(path: &Path, raw: &RawConfig) -> Result<(), Error> {
    let sizes = [
        ("vocab_size", raw.vocab_size),
        ("hidden_size", raw.hidden_size),
        ("num_hidden_layers", raw.num_hidden_layers),
        ("num_attention_heads", raw.num_attention_heads),
        ("intermediate_size", raw.intermediate_size),
    ];
    if let Some((field, _)) = sizes.into_iter().find(|(_, size)| *size == 0) {
        return Err(Error::config(path, field, "at least 1", 0));
    }
    if !raw.hidden_size.is_multiple_of(raw.num_attention_heads) {
        let expected = format!("a divisor of hidden_size {}", raw.hidden_size);
        return Err(Error::config(path, "num_attention_heads", expected, raw.num_attention_heads));
    }
    if !(raw.layer_norm_eps.is_finite() && raw.layer_norm_eps > 0.0) {
        let expected = "a positive number";
        return Err(Error::config(path, "layer_norm_eps", expected, raw.layer_norm_eps));
    }
    Ok(())
}

fn family(path: &Path, model_type: &str) -> Result<Family, Error> {
    match model_type {
        "bert" => Ok(Family::Bert),
        "roberta" | "xlm-roberta" | "camembert" => Ok(Family::Roberta),
        "distilbert" => Ok(Family::DistilBert),
        "mpnet" => Ok(Family::MpNet),
        other => {
            let expected = "bert, roberta, xlm-roberta, camembert, distilbert or mpnet";
            Err(Error::config(path, "model_type", expected, other))
        }
    }
}

fn activation(path: &Path, name: &str) -> Result<Activation, Error> {
    match name {
        "gelu" => Ok(Activation::Gelu),
        "gelu_new" | "gelu_pytorch_tanh" | "gelu_fast" => Ok(Activation::GeluTanh),
        "relu" => Ok(Activation::Relu),
        other => {
            let expected = "gelu, gelu_new, gelu_fast, gelu_pytorch_tanh or relu";
            Err(Error::config(path, "hidden_act", expected, other))
        }
    }
}
