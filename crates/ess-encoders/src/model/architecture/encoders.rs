//! Architectures whose tokens see each other in both directions.

use super::definition::{
    Architecture, Classifier, Defaults, GlobalFirst, MaskedHead, Names, Pooled, Positions, Stated,
};
use crate::{
    model::{
        activation::Activation,
        own_code::JINA,
        settings::{clip, encoders, transformer},
    },
    transformer::definition::NormKind,
};

// Devlin et al., 2018.
const BERT: Architecture = Architecture {
    model_types: &["bert"],
    settings: &transformer::TRANSFORMER,
    positions: Positions::Learned,
    projection_first: false,
    token_types: true,
    norm: NormKind::Layer,
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
const LM_HEAD: Option<MaskedHead> = Some(MaskedHead {
    dense: "lm_head.dense",
    activation: Some(Activation::Gelu),
    norm: "lm_head.layer_norm",
    decoder: "lm_head.decoder",
    bias: "lm_head.bias",
});

const BERT_NAMES: Names = Names {
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
    query_key_norms: None,
    input_norm: None,
    output_norm: None,
    norm: Some("output.LayerNorm"),
};

// RoBERTa's.
const ON_FIRST: Classifier = Classifier {
    pooled: Pooled::First,
    dense: Some("classifier.dense"),
    activation: Activation::Tanh,
    norm: None,
    score: "classifier.out_proj",
    score_bias: true,
    stated: Stated::Nothing,
};

pub(super) static ENCODERS: [Architecture; 13] = [
    BERT,
    Architecture {
        model_types: &["roberta", "xlm-roberta", "camembert"],
        positions: Positions::LearnedBehindPadding,
        names: Names { prefix: "roberta.", ..BERT_NAMES },
        classifier: Some(ON_FIRST),
        masked_head: LM_HEAD,
        ..BERT
    },
    Architecture {
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
    },
    Architecture {
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
    },
    // Clark et al., 2020.
    Architecture {
        model_types: &["electra"],
        settings: &encoders::ELECTRA,
        names: Names { prefix: "electra.", projection: Some("embeddings_project"), ..BERT_NAMES },
        classifier: Some(Classifier { activation: Activation::Gelu, ..ON_FIRST }),
        masked_head: None,
        ..BERT
    },
    // Lan et al., 2020: the layers of a group are one.
    Architecture {
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
    },
    // Warner et al., 2024.
    Architecture {
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
    },
    // He et al., 2021: version 3 is read by the same name.
    Architecture {
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
    },
    // Nussbaum et al., 2024: transformers 5 keeps the names of the model's first files.
    Architecture {
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
    },
    // Zhang et al., "mGTE", 2024: as the published code has it; "gte" in models that others trained further.
    Architecture {
        model_types: &["new", "gte"],
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
    },
    // Günther et al., 2023: its files say "bert", with linear biases.
    Architecture {
        model_types: &[JINA],
        settings: &encoders::JINA_BERT,
        positions: Positions::Linear,
        gated: true,
        biases: [true, true, false, true],
        names: Names { up: &["mlp.gated_layers"], down: "mlp.wo", norm: Some("mlp.layernorm"), ..BERT_NAMES },
        classifier: None,
        masked_head: None,
        ..BERT
    },
    // Radford et al., 2021: the text's tower.
    Architecture {
        model_types: &["clip_text_model"],
        settings: &clip::TEXT_TOWER,
        token_types: false,
        causal: true,
        defaults: Defaults { activation: Activation::QuickGelu, epsilon: 1e-5, ..BERT.defaults },
        names: Names {
            prefix: "text_model.",
            words: "embeddings.token_embedding",
            positions: "embeddings.position_embedding",
            embedding_norm: None,
            final_norm: Some("final_layer_norm"),
            output: Some("text_projection"),
            ..CLIP_NAMES
        },
        classifier: None,
        masked_head: None,
        ..BERT
    },
    // The images' tower, whose words are the places of patches.
    Architecture {
        model_types: &["clip_vision_model"],
        settings: &clip::IMAGE_TOWER,
        positions: Positions::Given,
        token_types: false,
        defaults: Defaults { activation: Activation::QuickGelu, epsilon: 1e-5, ..BERT.defaults },
        names: Names {
            prefix: "vision_model.",
            words: "embeddings.position_embedding",
            // As the files spell it.
            embedding_norm: Some("pre_layrnorm"),
            final_norm: Some("post_layernorm"),
            output: Some("visual_projection"),
            ..CLIP_NAMES
        },
        classifier: None,
        masked_head: None,
        ..BERT
    },
];

/// The layers of both towers of CLIP.
const CLIP_NAMES: Names = Names {
    layer: "encoder.layers.{}",
    qkv: &["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"],
    attention_out: "self_attn.out_proj",
    attention_input_norm: Some("layer_norm1"),
    attention_norm: None,
    up: &["mlp.fc1"],
    down: "mlp.fc2",
    input_norm: Some("layer_norm2"),
    norm: None,
    ..BERT_NAMES
};
