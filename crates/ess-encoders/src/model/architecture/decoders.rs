//! Architectures of language models, and T5's encoder.

use super::definition::{Architecture, Classifier, Defaults, GlobalFirst, Names, Pooled, Positions, Stated};
use crate::{
    model::{activation::Activation, settings::decoders},
    transformer::definition::NormKind,
};

// Touvron et al., 2023.
const LLAMA: Architecture = Architecture {
    model_types: &["llama"],
    settings: &decoders::LLAMA,
    positions: Positions::Rotary,
    projection_first: false,
    token_types: false,
    norm: NormKind::RootMeanSquare,
    norms_whole_projections: false,
    norm_from_one: false,
    gated: true,
    causal: true,
    scaled_scores: true,
    scaled_words: false,
    biases: [false; 4],
    norm_bias: false,
    defaults: Defaults {
        activation: Activation::Silu,
        epsilon: 1e-6,
        token_types: 0,
        fixed_epsilon: false,
        theta: [10_000.0; 2],
        kv_heads: None,
        head_dim: None,
        window: None,
        global_every: None,
    },
    names: LLAMA_NAMES,
    classifier: Some(Classifier {
        pooled: Pooled::Last,
        dense: None,
        activation: Activation::Tanh,
        norm: None,
        score: "score",
        score_bias: false,
        stated: Stated::Nothing,
    }),
    masked_head: None,
};

const LLAMA_NAMES: Names = Names {
    prefix: "model.",
    words: "embed_tokens",
    positions: "",
    types: "",
    embedding_norm: None,
    projection: None,
    relative: "",
    final_norm: Some("norm"),
    output: None,
    layer: "layers.{}",
    qkv: &["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"],
    attention_out: "self_attn.o_proj",
    up: &["mlp.gate_proj", "mlp.up_proj"],
    gated_up: &[],
    gate_first: false,
    down: "mlp.down_proj",
    attention_input_norm: Some("input_layernorm"),
    first_input_is_normalised: false,
    attention_output_norm: None,
    attention_norm: None,
    attention_sum_norm: None,
    query_key_norms: None,
    input_norm: Some("post_attention_layernorm"),
    output_norm: None,
    norm: None,
};

pub(super) static DECODERS: [Architecture; 6] = [
    LLAMA,
    Architecture {
        model_types: &["mistral"],
        settings: &decoders::MISTRAL,
        defaults: Defaults { kv_heads: Some(8), window: Some(4096), ..LLAMA.defaults },
        ..LLAMA
    },
    Architecture {
        model_types: &["qwen2"],
        settings: &decoders::QWEN2,
        biases: [true, false, false, false],
        defaults: Defaults { kv_heads: Some(32), window: Some(4096), ..LLAMA.defaults },
        ..LLAMA
    },
    Architecture {
        model_types: &["qwen3"],
        settings: &decoders::QWEN3,
        defaults: Defaults { kv_heads: Some(32), head_dim: Some(128), window: Some(4096), ..LLAMA.defaults },
        names: Names { query_key_norms: Some(["self_attn.q_norm", "self_attn.k_norm"]), ..LLAMA_NAMES },
        ..LLAMA
    },
    Architecture {
        model_types: &["gemma3_text"],
        settings: &decoders::GEMMA3,
        norm_from_one: true,
        scaled_words: true,
        defaults: Defaults {
            activation: Activation::GeluTanh,
            theta: [1_000_000.0, 10_000.0],
            kv_heads: Some(4),
            head_dim: Some(256),
            window: Some(4096),
            global_every: Some((6, GlobalFirst::Last)),
            ..LLAMA.defaults
        },
        names: Names {
            attention_output_norm: Some("post_attention_layernorm"),
            query_key_norms: Some(["self_attn.q_norm", "self_attn.k_norm"]),
            input_norm: Some("pre_feedforward_layernorm"),
            output_norm: Some("post_feedforward_layernorm"),
            ..LLAMA_NAMES
        },
        ..LLAMA
    },
    // Raffel et al., 2020: the encoder alone.
    Architecture {
        model_types: &["t5"],
        settings: &decoders::T5,
        positions: Positions::Relative,
        gated: false,
        causal: false,
        scaled_scores: false,
        defaults: Defaults { activation: Activation::Relu, head_dim: Some(64), ..LLAMA.defaults },
        classifier: None,
        names: Names {
            prefix: "",
            words: "shared",
            relative: "encoder.block.0.layer.0.SelfAttention.relative_attention_bias",
            final_norm: Some("encoder.final_layer_norm"),
            layer: "encoder.block.{}",
            qkv: &["layer.0.SelfAttention.q", "layer.0.SelfAttention.k", "layer.0.SelfAttention.v"],
            attention_out: "layer.0.SelfAttention.o",
            up: &["layer.1.DenseReluDense.wi"],
            gated_up: &["layer.1.DenseReluDense.wi_0", "layer.1.DenseReluDense.wi_1"],
            down: "layer.1.DenseReluDense.wo",
            attention_input_norm: Some("layer.0.layer_norm"),
            input_norm: Some("layer.1.layer_norm"),
            ..LLAMA_NAMES
        },
        ..LLAMA
    },
];
