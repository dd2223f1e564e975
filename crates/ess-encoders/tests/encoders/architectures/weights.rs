//! Weights that are not those of the configuration are named, and prefixes of heads are known.

use ess_core::QueryEncoder;
use ess_encoders::{CrossEncoder, Error};
use serde_json::{Map, json};

use super::cases::{changed, root};
use crate::folder::Folder;

#[test]
fn weights_that_are_not_those_of_the_configuration_are_named() {
    let cases = [
        ("llama", json!({"intermediate_size": 25}), "mlp.gate_proj"),
        ("llama", json!({"attention_bias": true}), "q_proj.bias"),
        ("llama", json!({"mlp_bias": true}), "gate_proj.bias"),
        ("qwen2", json!({"num_key_value_heads": 4}), "k_proj"),
        ("qwen3", json!({"head_dim": 8}), "q_proj"),
        ("modernbert", json!({"norm_bias": true}), "norm.bias"),
        ("gemma3", json!({"num_hidden_layers": 3, "layer_types": null}), "layers.2."),
        (
            "t5",
            json!({"feed_forward_proj": "relu", "dense_act_fn": "relu", "is_gated_act": false}),
            "DenseReluDense.wi",
        ),
        ("albert", json!({"embedding_size": 9}), "word_embeddings"),
        ("deberta", json!({"position_buckets": 9}), "rel_embeddings"),
        ("clip", json!({"projection_dim": 9}), "text_projection"),
        ("deberta", json!({"attention_head_size": 5}), "query_proj"),
        ("deberta", json!({"conv_groups": 2}), "conv.conv.weight"),
        ("deberta", json!({"type_vocab_size": 3}), "token_type_embeddings"),
    ];
    for (name, changes, named) in cases {
        let error = changed(name, changes.as_object().unwrap()).error();
        let typed = matches!(&error, Error::TensorShape { .. } | Error::MissingTensor { .. });
        assert!(typed && error.to_string().contains(named), "{name} {changes}: {error}");
    }
    let no_bytes = Map::new();
    let smaller = changed("llama", &Map::from_iter([("vocab_size".to_owned(), json!(40))])).error();
    assert!(matches!(smaller, Error::Vocabulary { largest: 44, vocabulary: 40, .. }), "{smaller}");
    let shard = changed("llama", &no_bytes).remove("model-00002-of-00004.safetensors").error();
    assert!(shard.to_string().contains("model-00002"), "{shard}");
    let torn = changed("qwen3", &no_bytes)
        .change_bytes("model.safetensors", |bytes| bytes.truncate(bytes.len() - 1));
    assert!(matches!(torn.error(), Error::MalformedWeights { .. }));
    let nan = changed("qwen3", &no_bytes).change_bytes("model.safetensors", |bytes| {
        let end = bytes.len();
        bytes[end - 2..].copy_from_slice(&0x7fc0_u16.to_le_bytes());
    });
    assert!(matches!(nan.error(), Error::NonFiniteWeight { .. }));
    let transformer = changed("nomic", &no_bytes)
        .remove("modules.json")
        .remove("config_sentence_transformers.json")
        .remove("sentence_bert_config.json");
    let judged = CrossEncoder::load(transformer.root());
    assert!(matches!(judged, Err(Error::Config { field: "model_type", .. })), "{:?}", judged.err());
}

#[test]
fn nan_weights_and_missing_tensors_of_every_architecture_are_named() {
    for name in [
        "qwen2",
        "modernbert",
        "gemma3",
        "nomic",
        "gte",
        "jina",
        "jina_post_norm",
        "electra",
        "albert",
        "t5",
        "deberta",
        "llama_biases",
    ] {
        let bytes = std::fs::read(root().join(name).join("model.safetensors")).unwrap();
        let header = 8 + u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
        let nan = changed(name, &Map::new()).change_bytes("model.safetensors", |bytes| {
            // NaN in f32, f16 and bf16.
            bytes[header..].fill(0xff);
        });
        assert!(matches!(nan.error(), Error::NonFiniteWeight { .. }), "{name}");
        let layers = ["num_hidden_layers", "num_layers"];
        let deeper = changed(name, &Map::new()).edit("config.json", |config| {
            let key = layers.into_iter().find(|key| config.get(*key).is_some()).unwrap();
            config[key] = 7.into();
            config.as_object_mut().unwrap().remove("layer_types");
            config.as_object_mut().unwrap().remove("num_hidden_groups");
        });
        // ALBERT's layers may be one: without groups there are as many as layers.
        let error = deeper.error();
        assert!(matches!(&error, Error::MissingTensor { .. }), "{name}: {error}");
    }
}

#[test]
fn weights_that_were_saved_with_a_head_have_a_prefix() {
    // Those of transformers, and of the code beside GTE's weights.
    let prefixes = [
        ("qwen2", "model."),
        ("qwen3", "model."),
        ("mistral", "model."),
        ("gemma3", "model."),
        ("modernbert", "model."),
        ("nomic", "nomic_bert."),
        ("electra", "electra."),
        ("albert", "albert."),
        ("deberta", "deberta."),
        ("gte", "new."),
        ("jina_post_norm", "bert."),
    ];
    for (name, prefix) in prefixes {
        let prefixed = changed(name, &Map::new()).change_bytes("model.safetensors", |bytes| {
            let read = safetensors::SafeTensors::deserialize(bytes).unwrap();
            let tensors =
                read.tensors().into_iter().map(|(tensor, view)| (format!("{prefix}{tensor}"), view));
            *bytes = safetensors::serialize(tensors, None).unwrap();
        });
        let of =
            |folder: &Folder| folder.load().unwrap().encode_queries(&["the cat sat on the mat"]).unwrap();
        assert_eq!(of(&prefixed), of(&changed(name, &Map::new())), "{name}");
    }
}
