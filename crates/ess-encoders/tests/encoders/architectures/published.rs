//! What published folders say beside the architecture changes no vector.

use ess_core::QueryEncoder;
use ess_encoders::Error;
use serde_json::{Map, Value, json};

use super::cases::{changed, vectors};
use crate::folder::Folder;

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
fn which_jina_bert_a_folder_has_is_said_by_the_code_that_it_names() {
    let of = |name: &str, more: Value| vectors(name, "config.json", more);
    let plain = of("jina_post_norm", json!({})).unwrap();
    // Whoever trained it further has another path there, and published folders may lack either.
    let further = json!({"_name_or_path": "my/code-search"});
    assert_eq!(of("jina_post_norm", further).unwrap(), plain);
    assert_eq!(of("jina_post_norm", json!({"auto_map": {}})).unwrap(), plain);
    let code = "jinaai/jina-bert-v2-qk-post-norm--modeling_bert.JinaBertModel";
    let error = of("jina", json!({"auto_map": {"AutoModel": code}})).unwrap_err();
    assert!(matches!(&error, Error::MissingTensor { name, .. } if name.contains("layer_norm_1")), "{error}");
    let other = json!({"_name_or_path": "my/code-search", "auto_map": {}});
    let error = of("jina_post_norm", other).unwrap_err();
    assert!(
        matches!(&error, Error::MissingTensor { name, .. } if name.contains("mlp.gated_layers")),
        "{error}"
    );
}
