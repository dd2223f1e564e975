//! The settings of language models and of T5 that transformers 4 and 5 write.

use super::{
    file_settings::{FileSettings, NOTHING},
    shared::{DECODER, SIZES},
    transformer::HARMLESS,
};

/// config.json of Llama.
pub(crate) const LLAMA: FileSettings = FileSettings {
    file: "config.json of Llama",
    shared: &[&SIZES, &DECODER],
    applied: &["attention_bias", "hidden_act", "mlp_bias"],
    only: &[("sliding_window", &["null"])],
    harmless: HARMLESS,
    closed: true,
};

/// config.json of Mistral.
pub(crate) const MISTRAL: FileSettings = FileSettings {
    file: "config.json of Mistral",
    shared: &[&SIZES, &DECODER],
    applied: &["hidden_act", "sliding_window"],
    only: &[],
    harmless: HARMLESS,
    closed: true,
};

/// config.json of Qwen2.
pub(crate) const QWEN2: FileSettings = FileSettings {
    file: "config.json of Qwen2",
    shared: &[&SIZES, &DECODER],
    applied: &["hidden_act", "layer_types", "max_window_layers", "sliding_window", "use_sliding_window"],
    only: &[],
    harmless: HARMLESS,
    closed: true,
};

/// config.json of Qwen3.
pub(crate) const QWEN3: FileSettings = FileSettings {
    file: "config.json of Qwen3",
    shared: &[&SIZES, &DECODER],
    applied: &[
        "attention_bias",
        "hidden_act",
        "layer_types",
        "max_window_layers",
        "sliding_window",
        "use_sliding_window",
    ],
    only: &[],
    harmless: HARMLESS,
    closed: true,
};

/// config.json of Gemma 3's text model.
pub(crate) const GEMMA3: FileSettings = FileSettings {
    file: "config.json of Gemma 3",
    shared: &[&SIZES, &DECODER],
    applied: &[
        "attention_bias",
        "hidden_activation",
        "layer_types",
        "query_pre_attn_scalar",
        "rope_local_base_freq",
        "sliding_window",
        "sliding_window_pattern",
        "use_bidirectional_attention",
    ],
    only: &[],
    harmless: HARMLESS,
    closed: true,
};

/// config.json of T5, whose encoder is read.
pub(crate) const T5: FileSettings = FileSettings {
    file: "config.json of T5",
    applied: &[
        "architectures",
        "d_ff",
        "d_kv",
        "d_model",
        "dense_act_fn",
        "feed_forward_proj",
        "is_gated_act",
        "layer_norm_epsilon",
        "model_type",
        "num_heads",
        "num_layers",
        "pad_token_id",
        "relative_attention_max_distance",
        "relative_attention_num_buckets",
        "vocab_size",
    ],
    only: &[
        ("add_cross_attention", NOTHING),
        ("auto_map", &["null", "{}"]),
        ("is_decoder", NOTHING),
        ("is_encoder_decoder", &["null", "false", "true"]),
        ("pruned_heads", &["null", "{}"]),
        ("quantization_config", &["null"]),
    ],
    shared: &[],
    harmless: HARMLESS,
    closed: true,
};
