//! The fields of config.json.

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::model::disentangled::RawDisentangled;

/// Settings by name.
pub(in crate::model) type Settings = Map<String, Value>;

// One field for each name that some architecture uses; which it may use is in its table of settings.
#[derive(Deserialize)]
pub(in crate::model) struct RawConfig {
    pub(in crate::model) vocab_size: usize,
    #[serde(alias = "dim", alias = "d_model")]
    pub(in crate::model) hidden_size: usize,
    pub(in crate::model) embedding_size: Option<usize>,
    #[serde(alias = "n_layers", alias = "num_layers")]
    pub(in crate::model) num_hidden_layers: usize,
    pub(super) num_hidden_groups: Option<usize>,
    #[serde(alias = "n_heads", alias = "num_heads")]
    pub(in crate::model) num_attention_heads: usize,
    // A file that says null has as many as heads of queries.
    #[serde(default, deserialize_with = "said")]
    pub(super) num_key_value_heads: Option<Option<usize>>,
    #[serde(alias = "d_kv", alias = "attention_head_size")]
    pub(super) head_dim: Option<usize>,
    pub(super) query_pre_attn_scalar: Option<f64>,
    #[serde(alias = "hidden_dim", alias = "d_ff")]
    pub(in crate::model) intermediate_size: usize,
    #[serde(alias = "activation", alias = "hidden_activation")]
    pub(super) hidden_act: Option<String>,
    pub(super) feed_forward_proj: Option<String>,
    pub(super) dense_act_fn: Option<String>,
    pub(super) is_gated_act: Option<bool>,
    pub(super) feed_forward_type: Option<String>,
    pub(in crate::model) projection_dim: Option<usize>,
    // A number, or a list of them where nobody asks for it.
    pub(in crate::model) eos_token_id: Option<Value>,
    #[serde(alias = "rms_norm_eps", alias = "norm_eps", alias = "layer_norm_epsilon")]
    pub(super) norm_epsilon: Option<f32>,
    // ModernBERT's files have it beside `norm_eps`, without a meaning.
    pub(super) layer_norm_eps: Option<f32>,
    pub(in crate::model) norm_bias: Option<bool>,
    pub(super) attention_bias: Option<bool>,
    pub(super) mlp_bias: Option<bool>,
    pub(in crate::model) max_position_embeddings: Option<usize>,
    pub(in crate::model) type_vocab_size: Option<usize>,
    pub(in crate::model) pad_token_id: Option<u32>,
    pub(super) relative_attention_num_buckets: Option<usize>,
    pub(in crate::model) relative_attention_max_distance: Option<usize>,
    pub(in crate::model) use_bidirectional_attention: Option<bool>,
    pub(super) use_sliding_window: Option<bool>,
    // A file that says null has no window; one that says nothing has the architecture's.
    #[serde(default, deserialize_with = "said")]
    pub(super) sliding_window: Option<Option<usize>>,
    // null is no, as false is.
    #[serde(default, deserialize_with = "said")]
    is_causal: Option<Option<bool>>,
    pub(super) max_window_layers: Option<usize>,
    pub(super) layer_types: Option<Vec<String>>,
    #[serde(alias = "sliding_window_pattern")]
    pub(super) global_attn_every_n_layers: Option<usize>,
    pub(super) local_attention: Option<usize>,
    pub(super) rope_parameters: Option<Settings>,
    pub(super) rope_scaling: Option<Settings>,
    #[serde(alias = "global_rope_theta")]
    pub(super) rope_theta: Option<f64>,
    #[serde(alias = "local_rope_theta")]
    pub(super) rope_local_base_freq: Option<f64>,
    #[serde(flatten)]
    pub(in crate::model) disentangled: RawDisentangled,
    /// The classes that the weights were saved from.
    pub(in crate::model) architectures: Option<Vec<String>>,
}

impl RawConfig {
    /// Whether the file leaves a language model as it is: each token sees those before it.
    pub(in crate::model) fn is_causal(&self) -> bool {
        self.is_causal.is_none_or(|said| said == Some(true))
    }
}

fn said<'de, D: Deserializer<'de>, T: Deserialize<'de>>(value: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(value).map(Some)
}
