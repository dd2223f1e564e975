//! The settings of bidirectional architectures beyond the first six that transformers 4 and 5 write.

use super::{
    file_settings::{FileSettings, NOTHING},
    shared::{ENCODER, SIZES},
    transformer::HARMLESS,
};

/// config.json of ELECTRA.
pub(crate) const ELECTRA: FileSettings = FileSettings {
    file: "config.json of ELECTRA",
    shared: &[&SIZES, &ENCODER],
    applied: &["embedding_size", "hidden_act", "layer_norm_eps", "type_vocab_size"],
    only: &[("auto_map", &["null", "{}"]), ("position_embedding_type", &["null", "\"absolute\""])],
    harmless: HARMLESS,
    closed: true,
};

/// config.json of ALBERT.
pub(crate) const ALBERT: FileSettings = FileSettings {
    file: "config.json of ALBERT",
    shared: &[&SIZES, &ENCODER],
    applied: &["embedding_size", "hidden_act", "layer_norm_eps", "num_hidden_groups", "type_vocab_size"],
    only: &[
        ("auto_map", &["null", "{}"]),
        ("down_scale_factor", &["null", "1"]),
        ("gap_size", &["null", "0"]),
        ("inner_group_num", &["null", "1"]),
        ("layers_to_keep", &["null", "[]"]),
        ("net_structure_type", &["null", "0"]),
        ("num_memory_blocks", &["null", "0"]),
        ("position_embedding_type", &["null", "\"absolute\""]),
    ],
    harmless: HARMLESS,
    closed: true,
};

/// config.json of ModernBERT.
pub(crate) const MODERN_BERT: FileSettings = FileSettings {
    file: "config.json of ModernBERT",
    shared: &[&SIZES, &ENCODER],
    applied: &[
        "attention_bias",
        "global_attn_every_n_layers",
        "global_rope_theta",
        "hidden_activation",
        "layer_types",
        "local_attention",
        "local_rope_theta",
        "mlp_bias",
        "norm_bias",
        "norm_eps",
        "rope_parameters",
        "rope_scaling",
    ],
    only: &[
        ("auto_map", &["null", "{}"]),
        ("layer_norm_eps", &["1e-5", "1e-05"]),
        ("position_embedding_type", &["null", "\"absolute\"", "\"rope\""]),
    ],
    harmless: HARMLESS,
    closed: true,
};

/// config.json of Nomic BERT, as transformers 5 writes it.
pub(crate) const NOMIC_BERT: FileSettings = FileSettings {
    file: "config.json of Nomic BERT",
    shared: &[&SIZES, &ENCODER],
    applied: &[
        "head_dim",
        "hidden_act",
        "layer_norm_eps",
        "rope_parameters",
        "rope_scaling",
        "rope_theta",
        "type_vocab_size",
    ],
    only: &[("auto_map", &["null", "{}"]), ("partial_rotary_factor", &["null", "1", "1.0"])],
    harmless: HARMLESS,
    closed: true,
};

/// config.json of DeBERTa versions 2 and 3.
pub(crate) const DEBERTA: FileSettings = FileSettings {
    file: "config.json of DeBERTa",
    shared: &[&SIZES, &ENCODER],
    applied: &[
        "attention_head_size",
        "conv_act",
        "conv_groups",
        "conv_kernel_size",
        "embedding_size",
        "hidden_act",
        "layer_norm_eps",
        "max_relative_positions",
        "norm_rel_ebd",
        "pos_att_type",
        "position_biased_input",
        "position_buckets",
        "relative_attention",
        "share_att_key",
        "type_vocab_size",
    ],
    only: &[("auto_map", &["null", "{}"]), ("z_steps", &["null", "0", "1"])],
    harmless: HARMLESS,
    closed: true,
};

/// config.json of GTE, as its published code and transformers 5 write it.
pub(crate) const GTE: FileSettings = FileSettings {
    file: "config.json of GTE",
    shared: &[&SIZES, &ENCODER],
    applied: &[
        "auto_map",
        "hidden_act",
        "layer_norm_eps",
        "rope_parameters",
        "rope_scaling",
        "rope_theta",
        "type_vocab_size",
    ],
    only: &[
        ("layer_norm_type", &["\"layer_norm\""]),
        ("logn_attention_clip1", NOTHING),
        ("logn_attention_scale", NOTHING),
        ("pack_qkv", &["true"]),
        ("partial_rotary_factor", &["null", "1", "1.0"]),
        ("position_embedding_type", &["\"rope\""]),
    ],
    harmless: HARMLESS,
    closed: true,
};

/// config.json of JinaBERT, as its published code writes it.
pub(crate) const JINA_BERT: FileSettings = FileSettings {
    file: "config.json of JinaBERT",
    shared: &[&SIZES, &ENCODER],
    applied: &["auto_map", "feed_forward_type", "hidden_act", "layer_norm_eps", "type_vocab_size"],
    only: &[("position_embedding_type", &["\"alibi\""])],
    harmless: HARMLESS,
    closed: true,
};

/// config.json of Nomic BERT, as its published code writes it.
pub(crate) const NOMIC_OWN: FileSettings = FileSettings {
    file: "config.json of Nomic BERT's own code",
    shared: &[&SIZES],
    applied: &[
        "auto_map",
        "layer_norm_eps",
        "layer_norm_epsilon",
        "max_trained_positions",
        "n_embd",
        "n_head",
        "n_inner",
        "n_layer",
        "n_positions",
        "pad_vocab_size_multiple",
        "rotary_emb_base",
        "rotary_scaling_factor",
        "type_vocab_size",
    ],
    only: &[
        ("activation_function", &["\"swiglu\""]),
        ("causal", NOTHING),
        ("hidden_act", &["\"silu\""]),
        ("mlp_fc1_bias", &["false"]),
        ("mlp_fc2_bias", &["false"]),
        ("parallel_block", NOTHING),
        ("prenorm", NOTHING),
        ("qkv_proj_bias", &["false"]),
        ("quantization_config", &["null"]),
        ("reorder_and_upcast_attn", NOTHING),
        ("rotary_emb_fraction", &["1", "1.0"]),
        ("rotary_emb_interleaved", NOTHING),
        ("rotary_emb_scale_base", &["null"]),
        ("scale_attn_by_inverse_layer_idx", NOTHING),
        ("scale_attn_weights", &["null", "true"]),
        ("use_rms_norm", NOTHING),
    ],
    harmless: &[
        "_name_or_path",
        "attn_pdrop",
        "bos_token_id",
        "dense_seq_output",
        "dtype",
        "embd_pdrop",
        "eos_token_id",
        "fused_bias_fc",
        "fused_dropout_add_ln",
        "initializer_range",
        "last_layer_subset",
        "parallel_block_tied_norm",
        "resid_pdrop",
        "summary_activation",
        "summary_first_dropout",
        "summary_proj_to_labels",
        "summary_type",
        "summary_use_proj",
        "torch_dtype",
        "transformers_version",
        "use_cache",
        "use_flash_attn",
        "use_xentropy",
    ],
    closed: true,
};
