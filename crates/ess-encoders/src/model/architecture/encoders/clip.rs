//! Both towers of CLIP.

use super::bert::{BERT, BERT_NAMES};
use crate::model::{
    activation::Activation,
    architecture::definition::{Architecture, Defaults, Names, Positions},
    settings::clip,
};

// Radford et al., 2021: the text's tower.
pub(super) const CLIP_TEXT: Architecture = Architecture {
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
};

// The images' tower, whose words are the positions of patches.
pub(super) const CLIP_IMAGE: Architecture = Architecture {
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
};

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
