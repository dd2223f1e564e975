//! Encoders of BERT's design: other positions, tokenizers, and trainings.

use super::bert::{BERT, BERT_NAMES, LM_HEAD, ON_FIRST};
use crate::model::{
    activation::Activation,
    architecture::definition::{Architecture, Classifier, Defaults, MaskedHead, Names, Positions, Stated},
    settings::encoders,
};

pub(super) const ROBERTA: Architecture = Architecture {
    model_types: &["roberta", "xlm-roberta", "camembert"],
    positions: Positions::LearnedBehindPadding,
    names: Names { prefix: "roberta.", ..BERT_NAMES },
    classifier: Some(ON_FIRST),
    masked_head: LM_HEAD,
    ..BERT
};

pub(super) const DISTILBERT: Architecture = Architecture {
    model_types: &["distilbert"],
    token_types: false,
    defaults: Defaults { fixed_epsilon: true, ..BERT.defaults },
    names: Names {
        prefix: "distilbert.",
        layer: "transformer.layer.{}",
        qkv: &["attention.q_lin", "attention.k_lin", "attention.v_lin"],
        attention_out: "attention.out_lin",
        attention_norm: Some("sa_layer_norm"),
        up: &["ffn.lin1"],
        down: "ffn.lin2",
        norm: Some("output_layer_norm"),
        ..BERT_NAMES
    },
    classifier: Some(Classifier {
        dense: Some("pre_classifier"),
        activation: Activation::Relu,
        score: "classifier",
        ..ON_FIRST
    }),
    masked_head: Some(MaskedHead {
        dense: "vocab_transform",
        activation: None,
        norm: "vocab_layer_norm",
        decoder: "vocab_projector",
        bias: "vocab_projector.bias",
    }),
    ..BERT
};

pub(super) const MPNET: Architecture = Architecture {
    model_types: &["mpnet"],
    // It looks into so many buckets, whatever its file says.
    positions: Positions::LearnedAndRelative { buckets: 32 },
    token_types: false,
    names: Names {
        prefix: "mpnet.",
        qkv: &["attention.attn.q", "attention.attn.k", "attention.attn.v"],
        attention_out: "attention.attn.o",
        attention_norm: Some("attention.LayerNorm"),
        ..BERT_NAMES
    },
    classifier: Some(ON_FIRST),
    masked_head: LM_HEAD,
    ..BERT
};

// Clark et al., 2020.
pub(super) const ELECTRA: Architecture = Architecture {
    model_types: &["electra"],
    settings: &encoders::ELECTRA,
    names: Names { prefix: "electra.", projection: Some("embeddings_project"), ..BERT_NAMES },
    classifier: Some(Classifier { activation: Activation::Gelu, ..ON_FIRST }),
    masked_head: None,
    ..BERT
};

// Lan et al., 2020: the layers of a group are one.
pub(super) const ALBERT: Architecture = Architecture {
    model_types: &["albert"],
    settings: &encoders::ALBERT,
    defaults: Defaults { activation: Activation::GeluTanh, ..BERT.defaults },
    names: Names {
        prefix: "albert.",
        projection: Some("encoder.embedding_hidden_mapping_in"),
        layer: "encoder.albert_layer_groups.{}.albert_layers.0",
        qkv: &["attention.query", "attention.key", "attention.value"],
        attention_out: "attention.dense",
        attention_norm: Some("attention.LayerNorm"),
        up: &["ffn"],
        down: "ffn_output",
        norm: Some("full_layer_layer_norm"),
        ..BERT_NAMES
    },
    classifier: Some(Classifier { dense: Some("albert.pooler"), score: "classifier", ..ON_FIRST }),
    masked_head: None,
    ..BERT
};

// He et al., 2021: version 3 is read by the same name.
pub(super) const DEBERTA: Architecture = Architecture {
    model_types: &["deberta-v2"],
    settings: &encoders::DEBERTA,
    positions: Positions::Disentangled,
    projection_first: true,
    defaults: Defaults { epsilon: 1e-7, token_types: 0, ..BERT.defaults },
    names: Names {
        prefix: "deberta.",
        projection: Some("embeddings.embed_proj"),
        qkv: &["attention.self.query_proj", "attention.self.key_proj", "attention.self.value_proj"],
        ..BERT_NAMES
    },
    classifier: Some(Classifier {
        dense: Some("pooler.dense"),
        activation: Activation::Gelu,
        score: "classifier",
        stated: Stated::PoolerActivation,
        ..ON_FIRST
    }),
    masked_head: None,
    ..BERT
};
