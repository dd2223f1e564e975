//! What the configurations of several architectures say alike.

use super::file_settings::{NOTHING, Shared};

/// How large a transformer is.
pub(super) const SIZES: Shared = Shared {
    applied: &[
        "architectures",
        "hidden_size",
        "intermediate_size",
        "max_position_embeddings",
        "model_type",
        "num_attention_heads",
        "num_hidden_layers",
        "pad_token_id",
        "vocab_size",
    ],
    only: &[],
};

/// An encoder is whole and decodes nothing.
pub(super) const ENCODER: Shared = Shared {
    applied: &[],
    only: &[
        ("add_cross_attention", NOTHING),
        ("is_decoder", NOTHING),
        ("is_encoder_decoder", NOTHING),
        ("pruned_heads", &["null", "{}"]),
        ("quantization_config", &["null"]),
    ],
};

/// Llama and its descendants.
pub(super) const DECODER: Shared = Shared {
    applied: &[
        "head_dim",
        "is_causal",
        "num_key_value_heads",
        "rms_norm_eps",
        "rope_parameters",
        "rope_scaling",
        "rope_theta",
    ],
    only: &[
        ("add_cross_attention", NOTHING),
        ("attn_logit_softcapping", &["null"]),
        ("auto_map", &["null", "{}"]),
        ("is_decoder", &["null", "false", "true"]),
        ("is_encoder_decoder", NOTHING),
        ("partial_rotary_factor", &["null", "1", "1.0"]),
        ("pruned_heads", &["null", "{}"]),
        ("quantization_config", &["null"]),
    ],
};
