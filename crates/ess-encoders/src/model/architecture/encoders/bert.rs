//! BERT: what the other encoders are told apart from.

use crate::{
    model::{
        activation::Activation,
        architecture::definition::{
            Architecture, Classifier, Defaults, MaskedHead, Names, Pooled, Positions, Stated,
        },
        settings::transformer,
    },
    transformer::definition::NormKind,
};

// Devlin et al., 2018.
pub(super) const BERT: Architecture = Architecture {
    model_types: &["bert"],
    settings: &transformer::TRANSFORMER,
    positions: Positions::Learned,
    projection_first: false,
    token_types: true,
    norm: NormKind::Layer,
    norms_whole_projections: false,
    norm_from_one: false,
    gated: false,
    causal: false,
    scaled_scores: true,
    scaled_words: false,
    biases: [true; 4],
    norm_bias: true,
    defaults: Defaults {
        activation: Activation::Gelu,
        epsilon: 1e-12,
        token_types: 2,
        fixed_epsilon: false,
        theta: [10_000.0; 2],
        kv_heads: None,
        head_dim: None,
        window: None,
        global_every: None,
    },
    names: BERT_NAMES,
    classifier: Some(Classifier { dense: Some("bert.pooler.dense"), score: "classifier", ..ON_FIRST }),
    masked_head: Some(MaskedHead {
        dense: "cls.predictions.transform.dense",
        activation: None,
        norm: "cls.predictions.transform.LayerNorm",
        decoder: "cls.predictions.decoder",
        bias: "cls.predictions.bias",
    }),
};

// Of RoBERTa and MPNet.
pub(super) const LM_HEAD: Option<MaskedHead> = Some(MaskedHead {
    dense: "lm_head.dense",
    activation: Some(Activation::Gelu),
    norm: "lm_head.layer_norm",
    decoder: "lm_head.decoder",
    bias: "lm_head.bias",
});

pub(super) const BERT_NAMES: Names = Names {
    prefix: "bert.",
    words: "embeddings.word_embeddings",
    positions: "embeddings.position_embeddings",
    types: "embeddings.token_type_embeddings",
    embedding_norm: Some("embeddings.LayerNorm"),
    projection: None,
    relative: "encoder.relative_attention_bias",
    final_norm: None,
    output: None,
    layer: "encoder.layer.{}",
    qkv: &["attention.self.query", "attention.self.key", "attention.self.value"],
    attention_out: "attention.output.dense",
    up: &["intermediate.dense"],
    gated_up: &[],
    gate_first: false,
    down: "output.dense",
    attention_input_norm: None,
    first_input_is_normalised: false,
    attention_output_norm: None,
    attention_norm: Some("attention.output.LayerNorm"),
    attention_sum_norm: None,
    query_key_norms: None,
    input_norm: None,
    output_norm: None,
    norm: Some("output.LayerNorm"),
};

// RoBERTa's.
pub(super) const ON_FIRST: Classifier = Classifier {
    pooled: Pooled::First,
    dense: Some("classifier.dense"),
    activation: Activation::Tanh,
    norm: None,
    score: "classifier.out_proj",
    score_bias: true,
    stated: Stated::Nothing,
};
