//! What would give other vectors is refused by name.

use ess_encoders::Error;
use serde_json::{Map, Value, json};

use super::cases::{changed, vectors};

/// Each folder with some settings changed is refused by an error that has a word.
fn assert_refused<const N: usize>(cases: [(&str, Value, &str); N]) {
    for (name, changes, named) in cases {
        let error = changed(name, changes.as_object().unwrap()).error();
        let typed = matches!(&error, Error::Config { .. } | Error::Setting { .. });
        assert!(typed && error.to_string().contains(named), "{name} {changes}: {error}");
    }
}

#[test]
fn settings_of_decoders_that_would_give_other_vectors_are_refused_by_name() {
    assert_refused([
        ("llama", json!({"model_type": "gpt2"}), "modernbert"),
        ("llama", json!({"rope_parameters": {"rope_type": "longrope"}}), "rope_type"),
        ("llama", json!({"rope_parameters": {"rope_type": "yarn", "factor": 2.0, "ramp": 3}}), "ramp"),
        ("llama", json!({"num_key_value_heads": 3}), "num_key_value_heads"),
        ("llama", json!({"num_key_value_heads": 0}), "num_key_value_heads"),
        ("llama", json!({"hidden_act": "relu2"}), "hidden_act"),
        ("llama", json!({"sliding_window": 4}), "sliding_window"),
        ("llama", json!({"layer_types": ["full_attention", "full_attention"]}), "layer_types"),
        ("llama", json!({"residual_multiplier": 2.0}), "residual_multiplier"),
        ("llama", json!({"head_dim": 5}), "head_dim"),
        ("llama", json!({"max_position_embeddings": null}), "max_position_embeddings"),
        ("llama", json!({"quantization_config": {"bits": 4}}), "quantization_config"),
        ("mistral", json!({"sliding_window": 0}), "sliding_window"),
        ("qwen3", json!({"layer_types": ["full_attention"]}), "layer_types"),
        ("qwen3", json!({"layer_types": ["full_attention", "chunked_attention"]}), "layer_types"),
        ("qwen3", json!({"layer_types": ["full_attention", "sliding_attention"]}), "sliding_window"),
        ("gemma3", json!({"attn_logit_softcapping": 50.0}), "attn_logit_softcapping"),
        ("gemma3", json!({"query_pre_attn_scalar": 0}), "query_pre_attn_scalar"),
    ]);
}

#[test]
fn sizes_that_a_file_leaves_out_are_those_of_the_library() {
    let shape = |name: &str, setting: &str, null: bool| {
        let folder = changed(name, &Map::new()).edit("config.json", |config| match null {
            true => config[setting] = Value::Null,
            false => drop(config.as_object_mut().unwrap().remove(setting)),
        });
        match folder.error() {
            Error::TensorShape { name: tensor, expected, .. } => (tensor, expected),
            other => panic!("{name} {setting}: {other}"),
        }
    };
    let (tensor, expected) = shape("t5", "d_kv", false);
    assert!(tensor.ends_with("SelfAttention.q.weight") && expected == [4 * 64, 16], "{tensor} {expected:?}");
    let (tensor, expected) = shape("qwen2", "num_key_value_heads", true);
    assert!(tensor.ends_with("k_proj.weight") && expected == [16, 16], "{tensor} {expected:?}");
}

#[test]
fn settings_of_encoders_that_would_give_other_vectors_are_refused_by_name() {
    assert_refused([
        (
            "modernbert",
            json!({"layer_types": null, "global_attn_every_n_layers": 0}),
            "global_attn_every_n_layers",
        ),
        ("modernbert", json!({"rope_parameters": {"rope_theta": 3.0}}), "rope_parameters"),
        (
            "modernbert",
            json!({"rope_parameters": {"full_attention": {"rope_type": "yarn", "factor": 2.0, "truncate": false}}}),
            "truncate",
        ),
        ("albert", json!({"inner_group_num": 2}), "inner_group_num"),
        ("albert", json!({"num_hidden_groups": 0}), "num_hidden_groups"),
        ("t5", json!({"dense_act_fn": "relu"}), "dense_act_fn"),
        ("t5", json!({"relative_attention_num_buckets": 1}), "relative_attention_num_buckets"),
        ("electra", json!({"position_embedding_type": "relative_key"}), "position_embedding_type"),
        ("deberta", json!({"pos_att_type": ["p2p"]}), "pos_att_type"),
        ("deberta", json!({"norm_rel_ebd": "rms_norm"}), "norm_rel_ebd"),
        ("deberta", json!({"z_steps": 2}), "z_steps"),
        ("deberta", json!({"conv_kernel_size": 2}), "conv_kernel_size"),
        ("deberta", json!({"conv_groups": 3}), "conv_groups"),
        ("deberta", json!({"conv_act": "relu6"}), "conv_act"),
        ("deberta", json!({"position_buckets": 1}), "position_buckets"),
        ("deberta", json!({"max_relative_positions": 5}), "max_relative_positions"),
        ("deberta", json!({"max_relative_positions": 1_u64 << 40}), "max_relative_positions"),
        ("deberta", json!({"talking_head": true}), "talking_head"),
    ]);
}

#[test]
fn settings_of_clip_that_would_give_other_vectors_are_refused_by_name() {
    assert_refused([
        ("clip", json!({"text_config": 7}), "text_config"),
        ("clip", json!({"text_config": {"vocab_size": 48, "eos_token_id": [1, 2]}}), "eos_token_id"),
        ("clip", json!({"text_config": {"vocab_size": 48, "window": 3}}), "window"),
        ("clip", json!({"text_config_dict": {"hidden_act": "relu6"}}), "hidden_act"),
        ("clip", json!({"projection_dim": 0}), "projection_dim"),
    ]);
}

#[test]
fn settings_of_models_with_code_of_their_own_that_would_give_other_vectors_are_refused_by_name() {
    assert_refused([
        ("gte", json!({"layer_norm_type": "rms_norm"}), "layer_norm_type"),
        ("gte", json!({"logn_attention_scale": true}), "logn_attention_scale"),
        ("gte", json!({"pack_qkv": false}), "pack_qkv"),
        ("gte", json!({"rope_scaling": {"type": "ntk"}}), "factor"),
        ("gte", json!({"position_embedding_type": "absolute"}), "position_embedding_type"),
        ("nomic_own", json!({"rotary_emb_interleaved": true}), "rotary_emb_interleaved"),
        ("nomic_own", json!({"prenorm": true}), "prenorm"),
        ("nomic_own", json!({"num_experts": 8}), "num_experts"),
        ("jina", json!({"feed_forward_type": "original"}), "feed_forward_type"),
        ("jina_post_norm", json!({"feed_forward_type": "original"}), "feed_forward_type"),
        ("jina", json!({"position_embedding_type": "absolute"}), "auto_map"),
    ]);
}

#[test]
fn a_window_that_is_not_said_is_that_of_the_architecture_and_null_is_none() {
    // Windows of 4096 tokens reach beyond texts of 32.
    let with = |window: Value| vectors("mistral", "config.json", json!({"sliding_window": window})).unwrap();
    assert_eq!(with(json!(null)), with(json!(4096)));
    assert_ne!(with(json!(null)), with(json!(2)));
}

#[test]
fn more_layers_than_any_model_has_are_refused() {
    let error = vectors("albert", "config.json", json!({"num_hidden_layers": 1_000_000_000})).unwrap_err();
    assert!(matches!(error, Error::Config { field: "num_hidden_layers", .. }), "{error}");
}
