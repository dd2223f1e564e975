//! Architectures beyond BERT's six against sentence-transformers: see golden/make_architectures.py.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "with --nocapture the tests say how close they come")]

mod folder;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use burn::tensor::Device;
use ess_core::{Embeddings, QueryEncoder};
use ess_encoders::{CrossEncoder, Error, SentenceEncoder, TokenEncoder};
use folder::Folder;
use serde::Deserialize;
use serde_json::{Map, Value, json};

#[derive(Deserialize)]
struct Golden {
    texts: Vec<String>,
    embeddings: Vec<Vec<f32>>,
    /// Of the third text's tokens, layer by layer.
    states: Vec<Vec<Vec<f32>>>,
}

#[derive(Deserialize)]
struct Case {
    folder: String,
    changes: Map<String, Value>,
    embeddings: Vec<Vec<f32>>,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/architectures")
}

fn golden(name: &str) -> Golden {
    serde_json::from_slice(&std::fs::read(root().join(name).join("golden.json")).unwrap()).unwrap()
}

fn furthest(found: &[f32], expected: &[f32]) -> f32 {
    assert_eq!(found.len(), expected.len());
    found.iter().zip(expected).map(|(f, e)| (f - e).abs()).fold(0.0, f32::max)
}

/// The largest difference of all.
fn deviation(found: &Embeddings, expected: &[Vec<f32>]) -> f32 {
    assert_eq!(found.len(), expected.len());
    found.rows().zip(expected).map(|(found, expected)| furthest(found, expected)).fold(0.0, f32::max)
}

fn on_both(folder: &Path) -> [(&'static str, SentenceEncoder); 2] {
    let on_device = SentenceEncoder::load_on(folder, &Device::flex()).unwrap();
    [("host", SentenceEncoder::load(folder).unwrap()), ("device", on_device)]
}

const CLOSE: f32 = 2e-5;

fn agrees(name: &str) {
    let golden = golden(name);
    let texts: Vec<_> = golden.texts.iter().map(String::as_str).collect();
    for (place, encoder) in on_both(&root().join(name)) {
        // All at once, so that texts of several lengths stand side by side.
        let furthest_vector = deviation(&encoder.encode_queries(&texts).unwrap(), &golden.embeddings);
        let encoder = Arc::new(encoder);
        let mut furthest_state = 0.0_f32;
        for (layer, expected) in golden.states.iter().enumerate() {
            let states = TokenEncoder::new(encoder.clone(), layer).unwrap();
            let states = states.encode_queries(&texts[2..3]).unwrap();
            furthest_state = furthest_state.max(furthest(states.states(0), &expected.concat()));
        }
        println!("{name} on the {place}: vectors {furthest_vector:.1e}, states {furthest_state:.1e}");
        assert!(furthest_vector < CLOSE, "{name} on the {place}: vectors {furthest_vector}");
        assert!(furthest_state < CLOSE * 5.0, "{name} on the {place}: states {furthest_state}");
        assert!(encoder.split(1, &Device::flex()).is_ok() == matches!(name, "electra" | "albert"), "{name}");
    }
}

#[test]
fn qwen2_with_the_last_token_and_padding_in_front() {
    agrees("qwen2");
}

#[test]
fn qwen3_in_bf16_with_normalised_queries_and_keys() {
    agrees("qwen3");
}

#[test]
fn llama_in_shards_with_one_head_of_keys() {
    agrees("llama");
}

#[test]
fn llama_with_biases_and_heads_of_another_width() {
    agrees("llama_biases");
}

#[test]
fn mistral_with_a_window_smaller_than_texts() {
    agrees("mistral");
}

#[test]
fn modernbert_with_local_and_global_layers() {
    agrees("modernbert");
}

#[test]
fn gemma_3_in_f16_in_both_directions() {
    agrees("gemma3");
}

#[test]
fn nomic_bert_with_rotary_positions_and_a_gate() {
    agrees("nomic");
}

#[test]
fn electra_with_narrow_tables() {
    agrees("electra");
}

#[test]
fn albert_with_groups_of_layers() {
    agrees("albert");
}

#[test]
fn t5s_encoder_with_relative_positions_alone() {
    agrees("t5");
}

#[test]
fn deberta_with_distances_compared_with_tokens_and_a_convolution() {
    agrees("deberta");
}

#[test]
fn gte_by_its_own_code_with_scaled_rotary_positions() {
    agrees("gte");
}

#[test]
fn nomic_by_the_names_of_its_own_code() {
    agrees("nomic_own");
}

#[test]
fn jina_bert_with_linear_biases() {
    agrees("jina");
}

#[test]
fn clips_tower_of_texts_through_its_projection() {
    agrees("clip");
}

#[test]
fn texts_of_clip_end_at_their_first_end() {
    let encoder = SentenceEncoder::load(root().join("clip")).unwrap();
    let found = encoder.encode_queries(&["the cat", "the cat </s> sat on the mat"]).unwrap();
    assert_ne!(found.row(0), found.row(1), "the largest id is no longer that of the end");
    let ends = Folder::of(&root().join("clip"))
        .edit("config.json", |config| config["text_config"]["eos_token_id"] = 5.into());
    // The token 5 is "cat".
    let found = ends
        .load()
        .unwrap()
        .encode_queries(&["the cat", "the cat </s> sat on the mat", "the cat cat"])
        .unwrap();
    assert_eq!((found.row(0), found.row(0)), (found.row(1), found.row(2)));
}

fn changed(name: &str, changes: &Map<String, Value>) -> Folder {
    Folder::of(&root().join(name)).edit("config.json", |config| {
        for (key, value) in changes {
            config[key] = value.clone();
        }
    })
}

#[test]
fn other_configurations_of_the_same_architectures() {
    let cases: Vec<Case> =
        serde_json::from_slice(&std::fs::read(root().join("cases.json")).unwrap()).unwrap();
    assert!(cases.len() > 20);
    let mut wrong = Vec::new();
    for Case { folder, changes, embeddings } in cases {
        let golden = golden(&folder);
        // A case that the unchanged folder passes would show nothing; dynamic scaling is the one that changes no text.
        let differs = golden.embeddings.iter().zip(&embeddings).any(|(a, b)| furthest(a, b) > 1e-3);
        assert!(differs || json!(changes).to_string().contains("dynamic"), "{folder} {changes:?}");
        let texts: Vec<_> = golden.texts.iter().map(String::as_str).collect();
        for (place, encoder) in on_both(changed(&folder, &changes).root()) {
            let furthest = deviation(&encoder.encode_queries(&texts).unwrap(), &embeddings);
            if furthest >= CLOSE {
                wrong.push(format!("{folder} on the {place}, {}: {furthest}", json!(changes)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_would_give_other_vectors_is_refused_by_name() {
    let cases = [
        ("llama", json!({"model_type": "gpt2"}), "modernbert"),
        ("llama", json!({"rope_parameters": {"rope_type": "longrope"}}), "rope_type"),
        ("llama", json!({"rope_parameters": {"rope_type": "yarn", "factor": 2.0, "ramp": 3}}), "ramp"),
        ("llama", json!({"num_key_value_heads": 3}), "num_key_value_heads"),
        ("llama", json!({"num_key_value_heads": 0}), "num_key_value_heads"),
        ("llama", json!({"hidden_act": "relu2"}), "hidden_act"),
        ("llama", json!({"is_causal": false}), "is_causal"),
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
        (
            "modernbert",
            json!({"layer_types": null, "global_attn_every_n_layers": 0}),
            "global_attn_every_n_layers",
        ),
        ("modernbert", json!({"rope_parameters": {"rope_theta": 3.0}}), "rope_parameters"),
        ("albert", json!({"inner_group_num": 2}), "inner_group_num"),
        ("albert", json!({"num_hidden_groups": 0}), "num_hidden_groups"),
        ("t5", json!({"dense_act_fn": "relu"}), "dense_act_fn"),
        ("t5", json!({"relative_attention_num_buckets": 1}), "relative_attention_num_buckets"),
        ("electra", json!({"position_embedding_type": "relative_key"}), "position_embedding_type"),
        ("deberta", json!({"pos_att_type": ["p2p"]}), "pos_att_type"),
        ("clip", json!({"text_config": 7}), "text_config"),
        ("clip", json!({"text_config": {"vocab_size": 48, "eos_token_id": [1, 2]}}), "eos_token_id"),
        ("clip", json!({"text_config": {"vocab_size": 48, "window": 3}}), "window"),
        ("clip", json!({"text_config_dict": {"hidden_act": "relu6"}}), "hidden_act"),
        ("clip", json!({"projection_dim": 0}), "projection_dim"),
        ("gte", json!({"layer_norm_type": "rms_norm"}), "layer_norm_type"),
        ("gte", json!({"logn_attention_scale": true}), "logn_attention_scale"),
        ("gte", json!({"pack_qkv": false}), "pack_qkv"),
        ("gte", json!({"rope_scaling": {"type": "ntk"}}), "factor"),
        ("gte", json!({"position_embedding_type": "absolute"}), "position_embedding_type"),
        ("nomic_own", json!({"rotary_emb_interleaved": true}), "rotary_emb_interleaved"),
        ("nomic_own", json!({"prenorm": true}), "prenorm"),
        ("nomic_own", json!({"num_experts": 8}), "num_experts"),
        ("jina", json!({"feed_forward_type": "original"}), "feed_forward_type"),
        (
            "jina",
            json!({"auto_map": {"AutoModel": "jinaai/jina-bert-v2-qk-post-norm--modeling_bert.JinaBertModel"}}),
            "auto_map",
        ),
        ("jina", json!({"position_embedding_type": "absolute"}), "auto_map"),
        ("deberta", json!({"norm_rel_ebd": "rms_norm"}), "norm_rel_ebd"),
        ("deberta", json!({"z_steps": 2}), "z_steps"),
        ("deberta", json!({"conv_kernel_size": 2}), "conv_kernel_size"),
        ("deberta", json!({"conv_groups": 3}), "conv_groups"),
        ("deberta", json!({"conv_act": "relu6"}), "conv_act"),
        ("deberta", json!({"position_buckets": 1}), "position_buckets"),
        ("deberta", json!({"max_relative_positions": 5}), "max_relative_positions"),
        ("deberta", json!({"max_relative_positions": 1_u64 << 40}), "max_relative_positions"),
        ("deberta", json!({"talking_head": true}), "talking_head"),
    ];
    for (name, changes, named) in cases {
        let error = changed(name, changes.as_object().unwrap()).error();
        let typed = matches!(&error, Error::Config { .. } | Error::Setting { .. });
        assert!(typed && error.to_string().contains(named), "{name} {changes}: {error}");
    }
}

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
    let transformer = changed("qwen3", &no_bytes)
        .remove("modules.json")
        .remove("config_sentence_transformers.json")
        .remove("sentence_bert_config.json");
    let judged = CrossEncoder::load(transformer.root());
    assert!(matches!(judged, Err(Error::Config { field: "model_type", .. })), "{:?}", judged.err());
}

/// The vectors of a folder whose tokenizer_config.json or config.json says more.
fn vectors(name: &str, file: &str, more: Value) -> Result<Embeddings, Error> {
    let folder = changed(name, &Map::new())
        .edit(file, |settings| settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone()));
    Ok(folder.load()?.encode_queries(&["the cat sat on the mat", "stocks"]).unwrap())
}

#[test]
fn what_published_folders_say_twice_or_of_images_changes_nothing() {
    let plain = |name: &str| vectors(name, "config.json", json!({})).unwrap();
    let twice = vectors("modernbert", "config.json", json!({"layer_norm_eps": 1e-5})).unwrap();
    assert_eq!(twice, plain("modernbert"));
    let images =
        json!({"boi_token": "<start_of_image>", "eoi_token": "<end_of_image>", "image_token": "<image>"});
    assert_eq!(vectors("gemma3", "tokenizer_config.json", images).unwrap(), plain("gemma3"));
    assert_eq!(vectors("albert", "config.json", json!({"layers_to_keep": []})).unwrap(), plain("albert"));
}

#[test]
fn gte_that_others_trained_further_is_read_and_has_one_token_type_where_its_file_is_silent() {
    // As snowflake-arctic-embed-m-v2.0 calls it.
    let further = json!({
        "model_type": "gte", "architectures": ["GteModel"],
        "auto_map": {"AutoModel": "modeling_hf_alibaba_nlp_gte.GteModel"},
    });
    assert_eq!(
        vectors("gte", "config.json", further).unwrap(),
        vectors("gte", "config.json", json!({})).unwrap()
    );
    let silent = changed("gte", &Map::new()).edit("config.json", |config| {
        config.as_object_mut().unwrap().remove("type_vocab_size");
    });
    // The folder's table has two rows.
    let error = silent.error();
    let is_one = matches!(&error, Error::TensorShape { expected, .. } if expected[..] == [1, 16]);
    assert!(is_one && error.to_string().contains("token_type_embeddings"), "{error}");
}

#[test]
fn clips_published_settings_change_nothing() {
    // Those of clip-vit-base-patch32, as transformers 4 wrote them.
    let generation = r#"{
        "_name_or_path": "", "add_cross_attention": false, "architectures": null, "bad_words_ids": null,
        "chunk_size_feed_forward": 0, "cross_attention_hidden_size": null, "decoder_start_token_id": null,
        "diversity_penalty": 0.0, "do_sample": false, "dropout": 0.0, "early_stopping": false,
        "encoder_no_repeat_ngram_size": 0, "finetuning_task": null, "forced_bos_token_id": null,
        "forced_eos_token_id": null, "gradient_checkpointing": false, "id2label": {"0": "LABEL_0", "1": "LABEL_1"},
        "is_decoder": false, "is_encoder_decoder": false, "label2id": {"LABEL_0": 0, "LABEL_1": 1},
        "length_penalty": 1.0, "max_length": 20, "min_length": 0, "no_repeat_ngram_size": 0, "num_beam_groups": 1,
        "num_beams": 1, "num_return_sequences": 1, "output_attentions": false, "output_hidden_states": false,
        "output_scores": false, "prefix": null, "problem_type": null, "pruned_heads": {},
        "remove_invalid_values": false, "repetition_penalty": 1.0, "return_dict": true,
        "return_dict_in_generate": false, "sep_token_id": null, "task_specific_params": null, "temperature": 1.0,
        "tie_encoder_decoder": false, "tie_word_embeddings": true, "tokenizer_class": null, "top_k": 50, "top_p": 1.0,
        "torch_dtype": null, "torchscript": false, "transformers_version": "4.16.0.dev0", "use_bfloat16": false
    }"#;
    let generation: Map<String, Value> = serde_json::from_str(generation).unwrap();
    let published = changed("clip", &Map::new()).edit("config.json", |config| {
        config["_name_or_path"] = "openai/clip-vit-base-patch32".into();
        config["torch_dtype"] = "float32".into();
        for tower in ["text_config", "vision_config"] {
            config[tower].as_object_mut().unwrap().extend(generation.clone());
            config[format!("{tower}_dict")] = Value::Null;
        }
    });
    let of = |folder: &Folder| folder.load().unwrap().encode_queries(&["the cat sat on the mat"]).unwrap();
    assert_eq!(of(&published), of(&changed("clip", &Map::new())));
    ess_encoders::ImageEncoder::load(published.root()).unwrap();
}

#[test]
fn tokens_that_are_to_be_added_are_added_or_missed_by_name() {
    // Gemma's tokenizer.json here adds both, Qwen's the one at the end.
    let with = |name: &str, setting: &str| vectors(name, "tokenizer_config.json", json!({setting: true}));
    for (name, setting) in
        [("gemma3", "add_bos_token"), ("gemma3", "add_eos_token"), ("qwen3", "add_eos_token")]
    {
        assert_eq!(with(name, setting).unwrap(), vectors(name, "config.json", json!({})).unwrap());
    }
    let error = with("qwen3", "add_bos_token").unwrap_err();
    assert!(matches!(&error, Error::Setting { name, .. } if name == "add_bos_token"), "{error}");
}

#[test]
fn tokens_behind_the_table_are_refused_when_the_folder_is_loaded_and_rows_without_tokens_are_not() {
    // 45 tokens, 48 rows.
    assert!(changed("qwen3", &Map::new()).load().is_ok());
    let token = |id: usize| {
        json!({"id": id, "content": format!("<more {id}>"), "single_word": false, "lstrip": false, "rstrip": false,
               "normalized": false, "special": true})
    };
    let with_added = |last: usize| {
        changed("qwen3", &Map::new()).edit("tokenizer.json", |tokenizer| {
            tokenizer["added_tokens"].as_array_mut().unwrap().extend((45..=last).map(token));
        })
    };
    assert!(with_added(47).load().is_ok());
    assert!(matches!(with_added(48).error(), Error::Vocabulary { largest: 48, vocabulary: 48, .. }));
    let more = changed("qwen3", &Map::new())
        .edit("tokenizer.json", |tokenizer| tokenizer["model"]["vocab"]["<more>"] = 48.into());
    assert!(matches!(more.error(), Error::Vocabulary { largest: 48, vocabulary: 48, .. }));
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
