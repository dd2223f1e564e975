//! Encoders for long texts: gated, with rotary positions or linear biases.

use super::bert::{BERT, BERT_NAMES, ON_FIRST};
use crate::model::{
    activation::Activation,
    architecture::definition::{Architecture, Classifier, Defaults, GlobalFirst, Names, Positions, Stated},
    own_code::{JINA, JINA_POST_NORM},
    settings::encoders,
};

// Warner et al., 2024.
pub(super) const MODERN_BERT: Architecture = Architecture {
    model_types: &["modernbert"],
    settings: &encoders::MODERN_BERT,
    positions: Positions::Rotary,
    token_types: false,
    gated: true,
    biases: [false; 4],
    norm_bias: false,
    defaults: Defaults {
        epsilon: 1e-5,
        theta: [160_000.0, 10_000.0],
        global_every: Some((3, GlobalFirst::First)),
        ..BERT.defaults
    },
    names: Names {
        prefix: "model.",
        words: "embeddings.tok_embeddings",
        embedding_norm: Some("embeddings.norm"),
        final_norm: Some("final_norm"),
        layer: "layers.{}",
        qkv: &["attn.Wqkv"],
        attention_out: "attn.Wo",
        up: &["mlp.Wi"],
        down: "mlp.Wo",
        attention_input_norm: Some("attn_norm"),
        first_input_is_normalised: true,
        attention_norm: None,
        input_norm: Some("mlp_norm"),
        norm: None,
        ..BERT_NAMES
    },
    classifier: Some(Classifier {
        dense: Some("head.dense"),
        activation: Activation::Gelu,
        norm: Some("head.norm"),
        score: "classifier",
        stated: Stated::Classifier,
        ..ON_FIRST
    }),
    masked_head: None,
    ..BERT
};

// Nussbaum et al., 2024: transformers 5 keeps the names of the model's first files.
pub(super) const NOMIC_BERT: Architecture = Architecture {
    model_types: &["nomic_bert"],
    settings: &encoders::NOMIC_BERT,
    positions: Positions::Rotary,
    gated: true,
    biases: [false; 4],
    defaults: Defaults { activation: Activation::Silu, theta: [1_000.0; 2], ..BERT.defaults },
    names: Names {
        prefix: "nomic_bert.",
        embedding_norm: Some("emb_ln"),
        layer: "encoder.layers.{}",
        qkv: &["attn.Wqkv"],
        attention_out: "attn.out_proj",
        attention_norm: Some("norm1"),
        up: &["mlp.fc12", "mlp.fc11"],
        down: "mlp.fc2",
        norm: Some("norm2"),
        ..BERT_NAMES
    },
    classifier: None,
    masked_head: None,
    ..BERT
};

// Zhang et al., "mGTE", 2024: as the published code has it.
pub(super) const GTE: Architecture = Architecture {
    model_types: &["new"],
    settings: &encoders::GTE,
    positions: Positions::Rotary,
    gated: true,
    biases: [true, true, false, true],
    defaults: Defaults { token_types: 1, ..BERT.defaults },
    names: Names {
        prefix: "new.",
        qkv: &["attention.qkv_proj"],
        attention_out: "attention.o_proj",
        attention_norm: Some("attn_ln"),
        up: &["mlp.up_gate_proj"],
        gate_first: true,
        down: "mlp.down_proj",
        norm: Some("mlp_ln"),
        ..BERT_NAMES
    },
    classifier: None,
    masked_head: None,
    ..BERT
};

// The same in transformers 5, which keeps the names of its tensors; before that in models that others trained further.
pub(super) const GTE_OF_TRANSFORMERS: Architecture = Architecture {
    model_types: &["gte"],
    defaults: Defaults { theta: [160_000.0; 2], ..GTE.defaults },
    ..GTE
};

// Günther et al., 2023: its files say "bert", with linear biases.
pub(super) const JINA_BERT: Architecture = Architecture {
    model_types: &[JINA],
    settings: &encoders::JINA_BERT,
    positions: Positions::Linear,
    gated: true,
    biases: [true, true, false, true],
    names: Names { up: &["mlp.gated_layers"], down: "mlp.wo", norm: Some("mlp.layernorm"), ..BERT_NAMES },
    classifier: None,
    masked_head: None,
    ..BERT
};

// The layers of jina-embeddings-v2-base-code (jina-bert-v2-qk-post-norm): queries and keys are normalised over all heads, and what goes
// into a layer is added to its attention twice, each time before a norm.
pub(super) const JINA_BERT_POST_NORM: Architecture = Architecture {
    model_types: &[JINA_POST_NORM],
    norms_whole_projections: true,
    names: Names {
        up: &["mlp.up_gated_layer"],
        gate_first: true,
        down: "mlp.down_layer",
        query_key_norms: Some(["attention.self.layer_norm_q", "attention.self.layer_norm_k"]),
        attention_sum_norm: Some("layer_norm_1"),
        norm: Some("layer_norm_2"),
        ..JINA_BERT.names
    },
    ..JINA_BERT
};
