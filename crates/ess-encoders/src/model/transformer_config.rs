//! config.json of the supported architectures, brought into one form.

use std::{path::Path, sync::Arc};

use serde::Deserialize;
use serde_json::Value;

use super::{
    activation::Activation,
    architecture::definition::{Architecture, Positions},
    clip_config::{IMAGE_TOWER, image_tower},
    disentangled::{ConvolutionConfig, DisentangledConfig},
    folder::ModelFolder,
    layer_pattern::LayerPattern,
    own_code::translated,
    raw_config::definition::{RawConfig, Settings},
    rotary::RotarySettings,
    text_end::TextEnd,
};
use crate::{
    error::Error,
    transformer::attention_shape::{AttentionShape, FARTHEST, Rotary},
};

/// The sizes and parts of a transformer.
#[derive(Clone, Debug)]
pub(crate) struct TransformerConfig {
    pub(crate) architecture: &'static Architecture,
    pub(crate) vocabulary: usize,
    pub(crate) dim: usize,
    /// The dimension of the tables.
    pub(crate) embedding_dim: usize,
    pub(crate) layers: usize,
    /// Groups of layers with the same weights, where there are such.
    pub(crate) layer_groups: Option<usize>,
    pub(crate) heads: usize,
    /// Heads of keys and values.
    pub(crate) kv_heads: usize,
    pub(crate) head_dim: usize,
    pub(crate) feed_forward_dim: usize,
    pub(crate) gated: bool,
    pub(crate) activation: Activation,
    pub(crate) norm_epsilon: f32,
    pub(crate) norm_bias: bool,
    /// Of query, key and value; of attention's output; of the feed-forward's halves.
    pub(crate) biases: [bool; 4],
    /// Rows of the position table, or the maximum number of tokens of a text.
    pub(crate) positions: usize,
    /// Where positions are counted behind it, and it does not count: the id of the padding token.
    pub(crate) padding: Option<u32>,
    /// Rows of the token type table, 0 where there is none.
    pub(crate) token_types: usize,
    /// Rows of the relative position table, 0 where there is none.
    pub(crate) relative_buckets: usize,
    /// The distance from which on all relative positions are in one bucket.
    pub(crate) farthest: usize,
    /// Whether the file has a table of positions, where the architecture leaves it open.
    has_positions: bool,
    /// How distances are compared with what tokens mean.
    pub(crate) disentangled: Option<DisentangledConfig>,
    pub(crate) convolution: Option<ConvolutionConfig>,
    score_scale: f32,
    causal: bool,
    /// Whether the file leaves a language model one, whatever attention it has.
    pub(crate) is_causal: bool,
    /// How far local attention reaches, and in which layers it is local.
    reach: usize,
    local: LayerPattern,
    /// Of global and of local layers.
    rotary: Option<[Arc<Rotary>; 2]>,
    /// The dimension of what comes out of a tower, where the model is one.
    pub(crate) output_dim: Option<usize>,
    /// Where texts end for the model, if it is not their last token.
    pub(crate) text_end: Option<TextEnd>,
    /// The class that the weights were saved from, such as `BertForMaskedLM`.
    pub(crate) class: Option<String>,
}

#[derive(Deserialize)]
struct ModelType {
    model_type: String,
}

impl TransformerConfig {
    pub(crate) fn read(folder: &ModelFolder) -> Result<Self, Error> {
        let path = folder.file("config.json");
        let ModelType { model_type } = folder.json("config.json")?;
        let (name, settings) = translated(&path, &model_type, folder.json("config.json")?)?;
        Self::from_settings(&path, name, settings)
    }

    /// Of the images' tower of a folder, with the pixels of an image's side and of a patch's, and how many colours there are.
    pub(crate) fn read_images(folder: &ModelFolder) -> Result<(Self, [usize; 3]), Error> {
        let path = folder.file("config.json");
        let (settings, sizes) = image_tower(&path, &folder.json("config.json")?)?;
        Ok((Self::from_settings(&path, IMAGE_TOWER, settings)?, sizes))
    }

    fn from_settings(path: &Path, name: &str, settings: Settings) -> Result<Self, Error> {
        let architecture = Architecture::of(path, name)?;
        architecture.settings.check(path, &settings)?;
        let raw = serde_json::from_value(Value::Object(settings));
        let raw: RawConfig = raw.map_err(|cause| Error::Json { path: path.to_owned(), cause })?;
        Self::from_raw(path, architecture, &raw)
    }

    fn from_raw(path: &Path, architecture: &'static Architecture, raw: &RawConfig) -> Result<Self, Error> {
        raw.check_sizes(path)?;
        let (dim, heads) = (raw.hidden_size, raw.num_attention_heads);
        let defaults = &architecture.defaults;
        let head_dim = raw.head_dim(path, architecture)?;
        let kv_heads = raw.kv_heads(path, architecture)?;
        let (activation, gated) = raw.activation(path, architecture)?;
        let (reach, local) = raw.locality(path, architecture)?;
        let positions = raw.positions(path, architecture)?;
        let (output_dim, text_end) = tower(path, architecture, raw)?;
        let config = Self {
            architecture,
            vocabulary: raw.vocab_size,
            dim,
            embedding_dim: raw.embedding_size.unwrap_or(dim),
            layers: raw.num_hidden_layers,
            layer_groups: raw.layer_groups(path)?,
            heads,
            kv_heads,
            head_dim,
            feed_forward_dim: raw.intermediate_size,
            gated,
            activation,
            norm_epsilon: raw.norm_epsilon().filter(|_| !defaults.fixed_epsilon).unwrap_or(defaults.epsilon),
            norm_bias: raw.norm_bias.unwrap_or(architecture.norm_bias),
            biases: raw.biases(architecture),
            positions,
            padding: raw.padding(architecture),
            token_types: raw.token_types(architecture),
            relative_buckets: raw.relative_buckets(path, architecture)?,
            farthest: raw.relative_attention_max_distance.unwrap_or(FARTHEST),
            has_positions: raw.disentangled.has_positions(),
            disentangled: raw.disentangled.read(path, positions)?,
            convolution: raw.disentangled.convolution(path, dim)?,
            score_scale: raw.score_scale(path, architecture, head_dim)?,
            causal: architecture.causal && raw.is_causal() && raw.use_bidirectional_attention != Some(true),
            is_causal: raw.is_causal(),
            reach,
            local,
            rotary: None,
            output_dim,
            text_end,
            class: raw.architectures.iter().flatten().next().cloned(),
        };
        config.with_positions(path, raw)
    }

    /// With the angles of rotary positions; refuses a model that has no position for any token.
    fn with_positions(mut self, path: &Path, raw: &RawConfig) -> Result<Self, Error> {
        if self.architecture.positions == Positions::Rotary {
            self.rotary = Some(self.rotary(path, raw)?);
        }
        if self.longest() == 0 {
            let expected = "a position for at least one token";
            return Err(Error::config(path, "max_position_embeddings", expected, self.positions));
        }
        Ok(self)
    }

    fn rotary(&self, path: &Path, raw: &RawConfig) -> Result<[Arc<Rotary>; 2], Error> {
        if !self.head_dim.is_multiple_of(2) {
            return Err(Error::config(path, "head_dim", "an even number", self.head_dim));
        }
        let rotary = |local: bool| {
            let (settings, theta) = raw.rotary_settings(path, self.architecture, local)?;
            let (head_dim, positions) = (self.head_dim, self.positions);
            RotarySettings { path, settings, theta, head_dim, positions }.rotary().map(Arc::new)
        };
        Ok([rotary(false)?, rotary(true)?])
    }

    /// The attention of one layer.
    pub(crate) fn attention(&self, layer: usize) -> AttentionShape {
        let local = self.local.is_local(layer);
        AttentionShape {
            heads: self.heads,
            kv_heads: self.kv_heads,
            head_dim: self.head_dim,
            scale: self.score_scale,
            causal: self.causal,
            reach: local.then_some(self.reach),
            rotary: self.rotary.as_ref().map(|rotary| rotary[usize::from(local)].clone()),
            farthest: self.farthest,
            linear_biases: self.architecture.positions == Positions::Linear,
        }
    }

    /// The maximum number of tokens that a text may have, where the folder does not say more.
    pub(crate) fn longest(&self) -> usize {
        self.positions.saturating_sub(self.first_position())
    }

    /// Whether a folder may say that texts are longer than that: no table of positions ends there, and no angle is another one in
    /// a longer text.
    pub(crate) fn reads_beyond_positions(&self) -> bool {
        let by_length = self.rotary.iter().flatten().any(|rotary| rotary.by_length);
        self.position_rows() == 0 && !by_length
    }

    /// Whether the last tokens of a text of this length may be hidden from all others by attention alone: each still sees
    /// the first ones, and no other part of the layers mixes tokens.
    pub(crate) fn may_hide_tokens(&self, length: usize) -> bool {
        let sees_all =
            (0..self.layers).all(|layer| self.attention(layer).reach.is_none_or(|reach| reach >= length));
        sees_all && self.convolution.is_none() && self.disentangled.is_none()
    }

    /// Rows of the position table, 0 where there is none.
    pub(crate) fn position_rows(&self) -> usize {
        match self.architecture.positions {
            Positions::Rotary | Positions::Relative | Positions::Linear | Positions::Given => 0,
            Positions::Disentangled if !self.has_positions => 0,
            _ => self.positions,
        }
    }

    /// The row of the position table for a text's first token.
    pub(crate) fn first_position(&self) -> usize {
        self.padding.map_or(0, |padding| padding as usize + 1)
    }

    /// Whether the blocks are those of the BERT family, of which alone the upper ones can be trained by themselves.
    #[cfg(any(feature = "split", feature = "train"))]
    pub(crate) fn is_bert_like(&self) -> bool {
        let names = &self.architecture.names;
        let plain = !self.gated && self.architecture.positions != Positions::Disentangled;
        plain && names.attention_norm.is_some() && names.norm.is_some() && self.rotary.is_none()
    }
}

/// The dimension of what comes out of a tower and where its texts end; neither where the model is no tower.
fn tower(
    path: &Path,
    architecture: &Architecture,
    raw: &RawConfig,
) -> Result<(Option<usize>, Option<TextEnd>), Error> {
    if architecture.names.output.is_none() {
        return Ok((None, None));
    }
    let text_end = TextEnd::of(path, raw.eos_token_id.as_ref())?;
    Ok((Some(raw.projection_dim.unwrap_or(512)), Some(text_end)))
}
