//! config.json as it stands in the folder: what each architecture may say.

use std::path::Path;

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::{
    activation::{Activation, activation},
    architecture::definition::{Architecture, GlobalFirst, Positions},
    disentangled::RawDisentangled,
    layer_pattern::LayerPattern,
};
use crate::error::Error;

/// Settings by name.
pub(super) type Settings = Map<String, Value>;

// One field for each name that some architecture uses; which it may use is in its table of settings.
#[derive(Deserialize)]
pub(super) struct RawConfig {
    pub(super) vocab_size: usize,
    #[serde(alias = "dim", alias = "d_model")]
    pub(super) hidden_size: usize,
    pub(super) embedding_size: Option<usize>,
    #[serde(alias = "n_layers", alias = "num_layers")]
    pub(super) num_hidden_layers: usize,
    num_hidden_groups: Option<usize>,
    #[serde(alias = "n_heads", alias = "num_heads")]
    pub(super) num_attention_heads: usize,
    num_key_value_heads: Option<usize>,
    #[serde(alias = "d_kv", alias = "attention_head_size")]
    head_dim: Option<usize>,
    query_pre_attn_scalar: Option<f64>,
    #[serde(alias = "hidden_dim", alias = "d_ff")]
    pub(super) intermediate_size: usize,
    #[serde(alias = "activation", alias = "hidden_activation")]
    hidden_act: Option<String>,
    feed_forward_proj: Option<String>,
    dense_act_fn: Option<String>,
    is_gated_act: Option<bool>,
    feed_forward_type: Option<String>,
    pub(super) projection_dim: Option<usize>,
    // A number, or a list of them where nobody asks for it.
    pub(super) eos_token_id: Option<Value>,
    #[serde(alias = "rms_norm_eps", alias = "norm_eps", alias = "layer_norm_epsilon")]
    norm_epsilon: Option<f32>,
    // ModernBERT's files have it beside `norm_eps`, without a meaning.
    layer_norm_eps: Option<f32>,
    pub(super) norm_bias: Option<bool>,
    attention_bias: Option<bool>,
    mlp_bias: Option<bool>,
    pub(super) max_position_embeddings: Option<usize>,
    pub(super) type_vocab_size: Option<usize>,
    pub(super) pad_token_id: Option<u32>,
    relative_attention_num_buckets: Option<usize>,
    pub(super) relative_attention_max_distance: Option<usize>,
    pub(super) use_bidirectional_attention: Option<bool>,
    use_sliding_window: Option<bool>,
    // A file that says null has no window; one that says nothing has the architecture's.
    #[serde(default, deserialize_with = "said")]
    sliding_window: Option<Option<usize>>,
    max_window_layers: Option<usize>,
    layer_types: Option<Vec<String>>,
    #[serde(alias = "sliding_window_pattern")]
    global_attn_every_n_layers: Option<usize>,
    local_attention: Option<usize>,
    rope_parameters: Option<Settings>,
    rope_scaling: Option<Settings>,
    #[serde(alias = "global_rope_theta")]
    rope_theta: Option<f64>,
    #[serde(alias = "local_rope_theta")]
    rope_local_base_freq: Option<f64>,
    #[serde(flatten)]
    pub(super) disentangled: RawDisentangled,
    /// The classes that the weights were saved from.
    pub(super) architectures: Option<Vec<String>>,
}

const LAYER_TYPES: [&str; 2] = ["full_attention", "sliding_attention"];

fn said<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Option<usize>>, D::Error> {
    Option::deserialize(value).map(Some)
}

impl RawConfig {
    pub(super) fn norm_epsilon(&self) -> Option<f32> {
        self.norm_epsilon.or(self.layer_norm_eps)
    }

    pub(super) fn check_sizes(&self, path: &Path) -> Result<(), Error> {
        let sizes = [
            ("vocab_size", self.vocab_size),
            ("hidden_size", self.hidden_size),
            ("num_hidden_layers", self.num_hidden_layers),
            ("num_attention_heads", self.num_attention_heads),
            ("intermediate_size", self.intermediate_size),
            ("embedding_size", self.embedding_size.unwrap_or(1)),
            ("projection_dim", self.projection_dim.unwrap_or(1)),
        ];
        // No model comes near, and products of two sizes stay far from overflowing.
        const MAX: usize = 1 << 30;
        if let Some((field, found)) = sizes.into_iter().find(|(_, size)| !(1..=MAX).contains(size)) {
            let expected = if found == 0 { "at least 1".to_owned() } else { format!("at most {MAX}") };
            return Err(Error::config(path, field, expected, found));
        }
        // Layers may share weights, so that the weights file says nothing of their number.
        const MAX_LAYERS: usize = 1024;
        if self.num_hidden_layers > MAX_LAYERS {
            let expected = format!("at most {MAX_LAYERS}");
            return Err(Error::config(path, "num_hidden_layers", expected, self.num_hidden_layers));
        }
        match self.norm_epsilon() {
            Some(epsilon) if !(epsilon.is_finite() && epsilon > 0.0) => {
                Err(Error::config(path, "layer_norm_eps", "a positive number", epsilon))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn head_dim(&self, path: &Path, architecture: &Architecture) -> Result<usize, Error> {
        let (dim, heads) = (self.hidden_size, self.num_attention_heads);
        match self.head_dim.or(architecture.defaults.head_dim) {
            Some(head_dim) if (1..=1 << 16).contains(&head_dim) => Ok(head_dim),
            Some(head_dim) => Err(Error::config(path, "head_dim", "between 1 and 65536", head_dim)),
            None if dim.is_multiple_of(heads) => Ok(dim / heads),
            None => {
                let expected = format!("a divisor of hidden_size {dim}");
                Err(Error::config(path, "num_attention_heads", expected, heads))
            }
        }
    }

    pub(super) fn kv_heads(&self, path: &Path, architecture: &Architecture) -> Result<usize, Error> {
        let heads = self.num_attention_heads;
        let kv_heads = self.num_key_value_heads.or(architecture.defaults.kv_heads).unwrap_or(heads);
        match kv_heads > 0 && heads.is_multiple_of(kv_heads) {
            true => Ok(kv_heads),
            false => {
                let expected = format!("a divisor of num_attention_heads {heads}");
                Err(Error::config(path, "num_key_value_heads", expected, kv_heads))
            }
        }
    }

    /// The function of the feed-forward, and whether it is gated.
    pub(super) fn activation(
        &self,
        path: &Path,
        architecture: &Architecture,
    ) -> Result<(Activation, bool), Error> {
        if let Some(kind) = &self.feed_forward_type {
            return match kind.as_str() {
                "geglu" => Ok((Activation::Gelu, true)),
                "reglu" => Ok((Activation::Relu, true)),
                other => Err(Error::config(path, "feed_forward_type", "geglu or reglu", other)),
            };
        }
        let (function, gated) = match (&self.feed_forward_proj, &self.hidden_act) {
            (Some(name), _) => match name.strip_prefix("gated-") {
                // What T5 1.1 calls so.
                Some("gelu") => (Activation::GeluTanh, true),
                Some(name) => (activation(path, "feed_forward_proj", name)?, true),
                None => (activation(path, "feed_forward_proj", name)?, false),
            },
            (None, Some(name)) => (activation(path, "hidden_act", name)?, architecture.gated),
            (None, None) => (architecture.defaults.activation, architecture.gated),
        };
        // T5 says it twice.
        if let Some(name) = &self.dense_act_fn
            && activation(path, "dense_act_fn", name)? != function
        {
            return Err(Error::config(path, "dense_act_fn", "that of feed_forward_proj", name));
        }
        match self.is_gated_act {
            Some(said) if said != gated => {
                Err(Error::config(path, "is_gated_act", "that of feed_forward_proj", said))
            }
            _ => Ok((function, gated)),
        }
    }

    pub(super) fn biases(&self, architecture: &Architecture) -> [bool; 4] {
        let [qkv, out, up, down] = architecture.biases;
        let attention = |default| self.attention_bias.unwrap_or(default);
        let inner = |default| self.mlp_bias.unwrap_or(default);
        [attention(qkv), attention(out), inner(up), inner(down)]
    }

    pub(super) fn layer_groups(&self, path: &Path) -> Result<Option<usize>, Error> {
        match self.num_hidden_groups {
            Some(groups) if !(1..=self.num_hidden_layers).contains(&groups) => {
                let expected = format!("between 1 and num_hidden_layers {}", self.num_hidden_layers);
                Err(Error::config(path, "num_hidden_groups", expected, groups))
            }
            groups => Ok(groups),
        }
    }

    pub(super) fn relative_buckets(&self, path: &Path, architecture: &Architecture) -> Result<usize, Error> {
        match architecture.positions {
            Positions::LearnedAndRelative { buckets } => Ok(buckets),
            Positions::Relative => {
                let buckets = self.relative_attention_num_buckets.unwrap_or(32);
                let farthest = self.relative_attention_max_distance.unwrap_or(128);
                if !(4..=1 << 16).contains(&buckets) {
                    return Err(Error::config(
                        path,
                        "relative_attention_num_buckets",
                        "between 4 and 65536",
                        buckets,
                    ));
                }
                if farthest <= buckets / 4 {
                    let expected = "more than a quarter of the buckets";
                    return Err(Error::config(path, "relative_attention_max_distance", expected, farthest));
                }
                Ok(buckets)
            }
            _ => Ok(0),
        }
    }

    pub(super) fn score_scale(
        &self,
        path: &Path,
        architecture: &Architecture,
        head_dim: usize,
    ) -> Result<f32, Error> {
        let squared = match (self.query_pre_attn_scalar, architecture.scaled_scores) {
            (Some(scalar), _) => scalar,
            // What Gemma has where its file says nothing.
            (None, true) if architecture.scaled_words => 256.0,
            (None, true) => (head_dim * self.disentangled.comparisons(path)?) as f64,
            (None, false) => 1.0,
        };
        match squared.is_finite() && squared > 0.0 {
            true => Ok(1.0 / squared.sqrt() as f32),
            false => Err(Error::config(path, "query_pre_attn_scalar", "a positive number", squared)),
        }
    }

    /// How far local attention reaches, and in which layers it is local.
    pub(super) fn locality(
        &self,
        path: &Path,
        architecture: &Architecture,
    ) -> Result<(usize, LayerPattern), Error> {
        let reach = self.reach(path, architecture)?;
        if let Some(types) = &self.layer_types {
            let local = self.listed_layers(path, types)?;
            return match reach {
                Some(reach) => Ok((reach, LayerPattern::Listed(local))),
                None if local.contains(&true) => {
                    let expected = "a window for sliding_attention in layer_types";
                    Err(Error::config(path, "sliding_window", expected, "none"))
                }
                None => Ok((0, LayerPattern::All(false))),
            };
        }
        let Some(reach) = reach else { return Ok((0, LayerPattern::All(false))) };
        let pattern = match architecture.defaults.global_every {
            Some((every, global)) => {
                let every = self.global_attn_every_n_layers.unwrap_or(every);
                if every == 0 {
                    return Err(Error::config(path, "global_attn_every_n_layers", "at least 1", 0));
                }
                let first = if global == GlobalFirst::First { 0 } else { every - 1 };
                LayerPattern::ButEvery { every, first }
            }
            None if self.use_sliding_window.is_some() => {
                LayerPattern::From(self.max_window_layers.unwrap_or(28))
            }
            None => LayerPattern::All(true),
        };
        Ok((reach, pattern))
    }

    fn listed_layers(&self, path: &Path, types: &[String]) -> Result<Vec<bool>, Error> {
        if types.len() != self.num_hidden_layers {
            let expected = format!("one for each of the {} layers", self.num_hidden_layers);
            return Err(Error::config(path, "layer_types", expected, types.len()));
        }
        let is_local = |name: &String| match LAYER_TYPES.iter().position(|known| known == name) {
            Some(at) => Ok(at == 1),
            None => Err(Error::config(path, "layer_types", LAYER_TYPES.join(" or "), name)),
        };
        types.iter().map(is_local).collect()
    }

    /// The largest distance at which a token sees another where attention is local.
    fn reach(&self, path: &Path, architecture: &Architecture) -> Result<Option<usize>, Error> {
        let is_modern =
            architecture.defaults.global_every.is_some_and(|(_, global)| global == GlobalFirst::First);
        if is_modern {
            return Ok(Some(self.local_attention.unwrap_or(128) / 2));
        }
        // Qwen has a window only where it says that it is used.
        let has_switch = architecture.settings.applied.contains(&"use_sliding_window");
        let window = match self.sliding_window {
            _ if has_switch && self.use_sliding_window != Some(true) => None,
            Some(said) => said,
            None => architecture.defaults.window,
        };
        match window {
            Some(0) => Err(Error::config(path, "sliding_window", "at least 1", 0)),
            // Half of it on each side.
            Some(window) if self.use_bidirectional_attention == Some(true) => Ok(Some(window / 2)),
            Some(window) => Ok(Some(window - 1)),
            None => Ok(None),
        }
    }

    /// The settings of rotary positions of global or local layers, and their base where these do not say it.
    pub(super) fn rotary_settings(
        &self,
        path: &Path,
        architecture: &Architecture,
        local: bool,
    ) -> Result<(Settings, f64), Error> {
        let [global_theta, local_theta] = architecture.defaults.theta;
        let Some((_, global)) = architecture.defaults.global_every else {
            let settings = self.rope_scaling.as_ref().or(self.rope_parameters.as_ref());
            return Ok((settings.cloned().unwrap_or_default(), self.rope_theta.unwrap_or(global_theta)));
        };
        let mut settings = Settings::new();
        for (name, of_type) in self.rope_parameters.iter().flatten() {
            let Some(at) = LAYER_TYPES.iter().position(|known| known == name) else {
                return Err(Error::config(path, "rope_parameters", LAYER_TYPES.join(" and "), name));
            };
            match of_type {
                Value::Object(of_type) if (at == 1) == local => settings.extend(of_type.clone()),
                Value::Object(_) | Value::Null => {}
                other => return Err(Error::config(path, "rope_parameters", "an object", other)),
            }
        }
        // Gemma scales the positions of its global layers alone.
        if !local || global == GlobalFirst::First {
            settings.extend(self.rope_scaling.clone().unwrap_or_default());
        }
        let theta = match local {
            false => self.rope_theta.unwrap_or(global_theta),
            true => self.rope_local_base_freq.unwrap_or(local_theta),
        };
        Ok((settings, theta))
    }
}
