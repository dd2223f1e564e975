//! Settings of a model's folder that change vectors are heeded or refused: golden/cases/README.md has their sources.

mod chat_template;
mod cross_encoder;
mod dense;
mod library;

use std::{collections::HashMap, path::Path, sync::Arc};

use crate::folder::Folder;
use burn::tensor::Device;
use dense::with_dense;
use ess_core::{Embeddings, ItemEncoder, QueryEncoder};
use ess_encoders::{Error, MergedEncoder, PoolingMode, SentenceEncoder, TwoTowerEncoder};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
struct Expected {
    texts: Vec<String>,
    queries: Vec<Vec<f32>>,
    items: Vec<Vec<f32>>,
}

fn cases() -> HashMap<String, Expected> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/cases/expected.json");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn weights(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/cases");
    std::fs::read(folder.join(name).with_extension("safetensors")).unwrap()
}

#[track_caller]
fn close(what: &str, found: &Embeddings, expected: &[Vec<f32>]) {
    assert_eq!((found.len(), found.dim()), (expected.len(), expected[0].len()), "{what}");
    for (row, (found, expected)) in found.rows().zip(expected).enumerate() {
        let furthest = found.iter().zip(expected).map(|(f, e)| (f - e).abs()).fold(0.0, f32::max);
        assert!(furthest < 2e-5, "{what}, text {row}: {furthest} from what is right");
    }
}

/// A folder gives the vectors of a case.
#[track_caller]
fn gives(folder: &Folder, case: &str) {
    agrees(folder, case, &cases()[case]);
}

/// On the host, on a device, and as a split encoder, a folder gives these vectors.
#[track_caller]
fn agrees(folder: &Folder, case: &str, Expected { texts, queries, items }: &Expected) {
    let texts: Vec<_> = texts.iter().map(String::as_str).collect();
    let on_device = SentenceEncoder::load_on(folder.root(), &Device::flex()).unwrap();
    for encoder in [folder.load().unwrap(), on_device].map(Arc::new) {
        close(case, &encoder.encode_queries(&texts).unwrap(), queries);
        close(case, &encoder.encode_items(&texts).unwrap(), items);
        let (lower, upper) = encoder.split(1, &Device::flex()).unwrap();
        close(case, &MergedEncoder::new(lower, upper).encode_queries(&texts).unwrap(), queries);
    }
}

const MODEL: &str = "config_sentence_transformers.json";

fn without_prompts(name: &str) -> Folder {
    Folder::new(name).edit(MODEL, |model| model["prompts"] = json!({"query": "", "document": ""}))
}

#[test]
fn the_older_names_of_the_texts_settings_are_read() {
    let said = br#"{"max_seq_length": 10, "do_lower_case": true}"#;
    for name in ["distilbert", "roberta", "xlm-roberta"] {
        let folder = without_prompts(name)
            .remove("sentence_bert_config.json")
            .write(&format!("sentence_{name}_config.json"), said);
        gives(&folder, &format!("older-name-{name}"));
    }
    for name in ["camembert", "albert", "xlnet"] {
        let folder = Folder::new("roberta")
            .write("sentence_bert_config.json", b"{}")
            .write(&format!("sentence_{name}_config.json"), said);
        assert_eq!(folder.load().unwrap().max_tokens(), 10, "{name}, behind a file that says nothing");
    }
    let both = Folder::new("roberta")
        .write("sentence_bert_config.json", br#"{"max_seq_length": 9}"#)
        .write("sentence_roberta_config.json", said);
    assert_eq!(both.load().unwrap().max_tokens(), 9);
}

#[test]
fn a_length_without_room_for_a_text_is_refused_by_the_file_that_says_it() {
    let silent = |name: &str| Folder::new(name).remove("sentence_bert_config.json");
    let short = br#"{"max_seq_length": 4}"#;
    let tokenizer = "tokenizer_config.json";
    for (folder, file, field) in [
        (
            silent("roberta").write("sentence_xlnet_config.json", short),
            "sentence_xlnet_config.json",
            "max_seq_length",
        ),
        (
            Folder::new("bert").write("sentence_bert_config.json", short),
            "sentence_bert_config.json",
            "max_seq_length",
        ),
        (
            silent("bert").edit(tokenizer, |said| said["model_max_length"] = 4.into()),
            tokenizer,
            "model_max_length",
        ),
    ] {
        let error = folder.error().to_string();
        assert!(error.contains(file) && error.contains(field), "{file}: {error}");
    }
}

#[test]
fn texts_are_cut_on_the_side_that_the_tokenizer_says() {
    let folder = || {
        without_prompts("bert").edit("sentence_bert_config.json", |text| text["max_seq_length"] = 12.into())
    };
    let by_config =
        folder().edit("tokenizer_config.json", |config| config["truncation_side"] = "left".into());
    gives(&by_config, "left-truncation");
    let cut = json!({"direction": "Left", "max_length": 99, "strategy": "LongestFirst", "stride": 0});
    gives(
        &folder().edit("tokenizer.json", |tokenizer| tokenizer["truncation"] = cut.clone()),
        "left-truncation",
    );
    // The tokenizer's settings stand above its file.
    let right = folder()
        .edit("tokenizer.json", |tokenizer| tokenizer["truncation"] = cut)
        .edit("tokenizer_config.json", |config| config["truncation_side"] = "right".into());
    let long = ["the cat sat on the mat and the men of the risk sat on it too"];
    let vector = |folder: &Folder| folder.load().unwrap().encode_items(&long).unwrap();
    assert_eq!(vector(&right), vector(&folder()));
    assert_ne!(vector(&right), vector(&by_config));
    let error =
        folder().edit("tokenizer_config.json", |config| config["truncation_side"] = "middle".into()).error();
    assert!(matches!(&error, Error::Config { field: "truncation_side", .. }), "{error}");
}

#[test]
fn poolings_are_put_together_in_the_order_of_a_list_or_the_fixed_one_of_flags() {
    let dense = r#"{"in_features": 64, "out_features": 5, "activation_function": "torch.nn.modules.linear.Identity"}"#;
    let list = r#"{"embedding_dimension": 32, "pooling_mode": ["mean", "cls"], "include_prompt": true}"#;
    let list = with_dense("pooling-list", dense).write("1_Pooling/config.json", list.as_bytes());
    gives(&list, "pooling-list");
    assert_eq!(list.load().unwrap().poolings(), [PoolingMode::Mean, PoolingMode::Cls]);
    let flags = r#"{"word_embedding_dimension": 32, "pooling_mode_mean_tokens": true, "pooling_mode_cls_token": true,
        "pooling_mode_max_tokens": false}"#;
    gives(
        &with_dense("pooling-flags", dense).write("1_Pooling/config.json", flags.as_bytes()),
        "pooling-flags",
    );
}

#[test]
fn a_pooling_that_names_no_mode_is_the_mean() {
    for pooling in [
        r#"{"word_embedding_dimension": 32}"#,
        r#"{"word_embedding_dimension": 32, "pooling_mode_cls_token": false, "pooling_mode_mean_tokens": false}"#,
    ] {
        gives(&without_prompts("bert").write("1_Pooling/config.json", pooling.as_bytes()), "pooling-default");
    }
}

#[test]
fn the_padding_token_in_a_text_stands_at_its_own_position() {
    for name in ["roberta", "xlm-roberta"] {
        gives(&without_prompts(name), &format!("padding-in-text-{name}"));
    }
}

#[test]
fn prompts_are_those_of_encode_query_and_encode_document() {
    let with = |model: Value| Folder::new("bert").write(MODEL, model.to_string().as_bytes());
    gives(
        &with(json!({"prompts": {"query": null, "document": "risk "}, "default_prompt_name": null})),
        "prompts-null",
    );
    let passage = with(json!({"prompts": {"query": "what ", "passage": "risk "}}));
    gives(&passage, "prompts-passage");
    let passage = passage.load().unwrap();
    assert_eq!(passage.prompts(), ["what ", ""]);
    assert!(passage.assumptions().iter().any(|said| said.contains("passage")), "{:?}", passage.assumptions());
    gives(
        &with(json!({"prompts": {"retrieval": "what "}, "default_prompt_name": "retrieval"})),
        "prompts-default",
    );
    gives(&with(json!({})), "prompts-default");
}

#[test]
fn what_is_left_out_of_the_pooling_is_the_prompt_alone() {
    let folder = || {
        Folder::new("roberta")
            .write(
                "1_Pooling/config.json",
                br#"{"embedding_dimension": 32, "pooling_mode": "mean", "include_prompt": false}"#,
            )
            .edit(MODEL, |model| model["prompts"] = json!({"query": "the cat sat: ", "document": ""}))
    };
    gives(&folder(), "exclude-prompt-both-ends");
    let start_only = json!({
        "type": "TemplateProcessing",
        "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
        "pair": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
            {"Sequence": {"id": "B", "type_id": 0}}],
        "special_tokens": {"<s>": {"id": "<s>", "ids": [0], "tokens": ["<s>"]}},
    });
    gives(
        &folder().edit("tokenizer.json", |tokenizer| tokenizer["post_processor"] = start_only),
        "exclude-prompt-start-only",
    );
}

#[test]
fn vectors_are_cut_to_the_numbers_that_the_model_keeps() {
    let whole = Folder::new("bert").load().unwrap().encode_items(&["the cat"]).unwrap();
    let folder = Folder::new("bert").edit(MODEL, |model| model["truncate_dim"] = 8.into());
    let encoder = Arc::new(folder.load().unwrap());
    assert!(!encoder.normalizes(), "what is cut has unit norm no longer");
    assert_eq!(encoder.encode_items(&["the cat"]).unwrap().row(0), &whole.row(0)[..8]);
    let query = encoder.encode_queries(&["the cat"]).unwrap();
    let (lower, upper) = encoder.split(1, &Device::flex()).unwrap();
    close(
        "split",
        &MergedEncoder::new(lower, upper).encode_queries(&["the cat"]).unwrap(),
        &[query.row(0).to_vec()],
    );
}

#[test]
fn the_similarity_that_a_model_is_meant_for_is_said() {
    let encoder = Folder::new("distilbert").load().unwrap();
    assert_eq!((encoder.similarity(), encoder.normalizes()), (Some("cosine"), false));
    let silent = Folder::new("distilbert").edit(MODEL, |model| model["similarity_fn_name"] = Value::Null);
    assert_eq!(silent.load().unwrap().similarity(), None);
}

#[test]
fn a_folder_without_modules_says_what_is_assumed_and_that_its_head_is_not_used() {
    let bare = |architecture: &str| {
        Folder::new("bert")
            .remove("modules.json")
            .edit("config.json", |config| config["architectures"] = json!([architecture]))
            .load()
            .unwrap()
    };
    let masked = bare("BertForMaskedLM");
    let said = masked.assumptions().join("\n");
    assert!(said.contains("modules.json") && said.contains("mean"), "{said}");
    assert!(said.contains("BertForMaskedLM") && said.contains("head is not used"), "{said}");
    let said = bare("BertModel").assumptions().join("\n");
    assert!(!said.contains("head") && said.contains("is heeded"), "{said}");
    assert_eq!(bare("BertForCausalLM").poolings(), [PoolingMode::LastToken]);
    assert!(Folder::new("bert").load().unwrap().assumptions().is_empty());
}

#[test]
fn the_settings_of_the_tokenizer_change_it_as_the_library_does() {
    let texts = ["The CAT sat", "the cat sat"];
    let differ = |folder: Folder| {
        let vectors = folder.load().unwrap().encode_items(&texts).unwrap();
        vectors.row(0) != vectors.row(1)
    };
    assert!(!differ(Folder::new("bert")));
    let cased = |class: &str| {
        Folder::new("bert").edit("tokenizer_config.json", |config| {
            config["do_lower_case"] = false.into();
            config["tokenizer_class"] = class.into();
        })
    };
    assert!(differ(cased("BertTokenizer")) && differ(cased("BertTokenizerFast")));
    assert!(!differ(cased("TokenizersBackend")), "a class that takes tokenizer.json as it is");

    // A special token that only the settings name is one, wherever it stands in a text.
    let vector = |folder: &Folder, text| folder.load().unwrap().encode_items(&[text]).unwrap();
    let unnamed = || {
        Folder::new("bert").edit("tokenizer.json", |tokenizer| {
            tokenizer["added_tokens"].as_array_mut().unwrap().retain(|token| token["content"] != "[MASK]");
        })
    };
    let plain = vector(&Folder::new("bert"), "the [MASK] sat");
    assert_eq!(vector(&unnamed(), "the [MASK] sat"), plain);
    let nowhere = unnamed().edit("tokenizer_config.json", |config| config["mask_token"] = Value::Null);
    assert_ne!(vector(&nowhere, "the [MASK] sat"), plain);
    let in_map = unnamed()
        .edit("tokenizer_config.json", |config| drop(config.as_object_mut().unwrap().remove("mask_token")))
        .edit("special_tokens_map.json", |map| {
            map["mask_token"] = json!({"content": "[MASK]", "lstrip": false})
        });
    assert_eq!(vector(&in_map, "the [MASK] sat"), plain);
}

#[test]
fn settings_that_are_not_known_or_not_heeded_are_refused_by_name() {
    type Change = fn(&mut Value);
    let refused: [(&str, Change, &str); 19] = [
        ("config.json", |c| c["Type_vocab_size"] = 2.into(), "Type_vocab_size"),
        ("config.json", |c| c["no_such_setting"] = 2.into(), "no_such_setting"),
        ("config.json", |c| c["is_decoder"] = true.into(), "is_decoder"),
        ("config.json", |c| c["position_embedding_type"] = "relative_key".into(), "position_embedding_type"),
        ("config.json", |c| c["quantization_config"] = json!({"bits": 8}), "quantization_config"),
        ("config.json", |c| c["auto_map"] = json!({"AutoModel": "modeling.Model"}), "auto_map"),
        ("sentence_bert_config.json", |c| c["max_seq_lenght"] = 9.into(), "max_seq_lenght"),
        ("sentence_bert_config.json", |c| c["query_length"] = 9.into(), "query_length"),
        ("sentence_bert_config.json", |c| c["transformer_task"] = "fill-mask".into(), "transformer_task"),
        (
            "sentence_bert_config.json",
            |c| c["processing_kwargs"] = json!({"text": {"max_length": 7}}),
            "processing_kwargs",
        ),
        ("modules.json", |c| c[1]["Path"] = "x".into(), "Path"),
        ("modules.json", |c| c[1]["type"] = "custom_pooling.Pooling".into(), "custom_pooling.Pooling"),
        ("modules.json", |c| drop(c.as_array_mut().unwrap().remove(1)), "Pooling"),
        ("1_Pooling/config.json", |c| c["pooling_mode_cls"] = true.into(), "pooling_mode_cls"),
        (
            "2_Normalize/config.json",
            |c| c["module_input_name"] = "token_embeddings".into(),
            "module_input_name",
        ),
        (MODEL, |c| c["prompt"] = json!({}), "prompt"),
        ("tokenizer_config.json", |c| c["truncation_sied"] = "left".into(), "truncation_side"),
        ("tokenizer_config.json", |c| c["padding_side"] = "left".into(), "padding_side"),
        ("tokenizer.json", |c| c["normaliser"] = Value::Null, "normaliser"),
    ];
    for (file, change, named) in refused {
        let error = Folder::new("bert").edit(file, change).error().to_string();
        assert!(error.contains(named) && error.contains(file.rsplit('/').next().unwrap()), "{file}: {error}");
    }
}

#[test]
fn a_transformer_that_does_not_say_how_many_token_types_it_has_has_two() {
    let whole = Folder::new("bert").load().unwrap().encode_items(&["the cat"]).unwrap();
    let silent = Folder::new("bert")
        .edit("config.json", |config| drop(config.as_object_mut().unwrap().remove("type_vocab_size")));
    assert_eq!(silent.load().unwrap().encode_items(&["the cat"]).unwrap(), whole);
}

#[test]
fn parameters_of_a_router_that_are_not_known_are_refused() {
    let with = |parameters: Value| {
        let folder =
            Folder::new("router").edit("router_config.json", |router| router["parameters"] = parameters);
        TwoTowerEncoder::load(folder.root()).map(drop)
    };
    with(json!({"default_route": "query", "allow_empty_key": false, "route_mappings": null})).unwrap();
    with(json!({})).unwrap();
    assert!(matches!(with(json!({"route_mapping": {}})), Err(Error::Setting { .. })));
}
