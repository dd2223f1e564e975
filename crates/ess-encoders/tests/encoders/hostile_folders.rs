//! Folders that were damaged or made to harm are refused with an error: nothing panics, hangs or asks for all memory.

use std::path::Path;

use crate::folder::{Folder, tiny};
use ess_core::ItemEncoder;
use ess_encoders::{CrossEncoder, Error, SentenceEncoder, StaticEncoder, TwoTowerEncoder};
use ess_testing::damage::{mutations, rounds};
use serde_json::{Value, json};

fn template() -> Value {
    json!({
        "type": "TemplateProcessing",
        "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
        "special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [2], "tokens": ["[CLS]"]}},
    })
}

fn error(change: impl FnOnce(&mut Value)) -> Error {
    Folder::new("bert").edit("tokenizer.json", change).error()
}

#[test]
fn a_template_with_a_special_token_that_is_missing() {
    let error = error(|tokenizer| {
        tokenizer["post_processor"] = template();
        tokenizer["post_processor"]["special_tokens"] = json!({});
    });
    assert!(error.to_string().contains("[CLS]"), "{error}");
    // In a sequence, and only in pairs.
    let in_pairs = |tokenizer: &mut Value| {
        let mut template = template();
        template["pair"][0] = json!({"SpecialToken": {"id": "[NONE]", "type_id": 0}});
        tokenizer["post_processor"] = json!({"type": "Sequence", "processors": [template]});
    };
    let error = Folder::new("bert").edit("tokenizer.json", in_pairs).error();
    assert!(error.to_string().contains("[NONE]"), "{error}");
}

#[test]
fn ids_beyond_the_vocabulary() {
    let error = error(|tokenizer| {
        tokenizer["post_processor"] = template();
        tokenizer["post_processor"]["special_tokens"]["[CLS]"]["ids"] = json!([4_000_000_000_u32]);
    });
    assert!(matches!(&error, Error::Vocabulary { largest: 4_000_000_000, vocabulary: 158, .. }), "{error}");
    let error = Folder::new("bert")
        .edit("tokenizer.json", |tokenizer| tokenizer["model"]["vocab"]["cat"] = 4_000_000_000_u32.into())
        .error();
    assert!(matches!(&error, Error::Vocabulary { .. }), "{error}");
}

#[test]
fn more_special_tokens_than_a_text_may_have() {
    let crowded = |tokenizer: &mut Value| {
        tokenizer["post_processor"] = template();
        let special = tokenizer["post_processor"]["single"][0].clone();
        let single = tokenizer["post_processor"]["single"].as_array_mut().unwrap();
        single.extend(std::iter::repeat_n(special, 60));
    };
    let error = error(crowded);
    assert!(matches!(&error, Error::Config { field: "post_processor", .. }), "{error}");
    let pair = |tokenizer: &mut Value| {
        let special = json!({"SpecialToken": {"id": "[CLS]", "type_id": 0}});
        let mut template = template();
        template["pair"].as_array_mut().unwrap().extend(std::iter::repeat_n(special, 60));
        tokenizer["post_processor"] = template;
    };
    let folder = Folder::new("cross-encoder").edit("tokenizer.json", pair);
    let error = CrossEncoder::load(folder.root()).map(drop).unwrap_err();
    assert!(matches!(&error, Error::Config { field: "post_processor", .. }), "{error}");
}

#[test]
fn fewer_tokens_than_the_special_ones_are_refused_later_too() {
    let folder = Folder::new("bert").edit("tokenizer.json", |tokenizer| {
        tokenizer["post_processor"] = template();
        let special = tokenizer["post_processor"]["single"][0].clone();
        let single = tokenizer["post_processor"]["single"].as_array_mut().unwrap();
        single.extend(std::iter::repeat_n(special, 9));
    });
    let encoder = folder.load().unwrap();
    assert!(matches!(encoder.with_max_tokens(8), Err(Error::Config { field: "post_processor", .. })));
}

#[test]
fn a_template_that_reads_a_second_text_where_there_is_one() {
    let error = error(|tokenizer| {
        tokenizer["post_processor"] = template();
        tokenizer["post_processor"]["single"][1]["Sequence"]["id"] = "B".into();
    });
    assert!(matches!(&error, Error::Config { field: "post_processor", .. }), "{error}");
}

#[test]
fn torn_parts() {
    for part in ["decoder", "normalizer", "pre_tokenizer", "post_processor", "model", "added_tokens"] {
        for torn in
            [json!({"type": "Sequence"}), json!({"type": "Strip", "content": ""}), json!([]), json!(7)]
        {
            let folder =
                Folder::new("bert").edit("tokenizer.json", |tokenizer| tokenizer[part] = torn.clone());
            if let Ok(encoder) = folder.load() {
                encoder.encode_items(&["the cat"]).unwrap();
            }
        }
    }
}

#[test]
fn normalisers_that_let_texts_explode() {
    let replace = |pattern: Value, content: usize| json!({"type": "Replace", "pattern": pattern, "content": "a".repeat(content)});
    let sequence = |steps: Vec<Value>| json!({"type": "Sequence", "normalizers": steps});
    let hostile = [
        sequence(vec![replace(json!({"String": "a"}), 1000); 3]),
        sequence(vec![replace(json!({"Regex": ""}), 30); 2]),
        sequence(vec![sequence(vec![json!({"type": "Lowercase"}); 40]); 2]),
        sequence(vec![json!({"type": "ByteLevel"}); 30]),
        json!({"type": "Prepend", "prepend": "x".repeat(1 << 20)}),
        // A table that has no trie, and one text of 3 000 letters.
        json!({"type": "Precompiled", "precompiled_charsmap": format!("AAAAAGFh{}", "YWFh".repeat(1000))}),
    ];
    for normalizer in hostile {
        let error = error(|tokenizer| tokenizer["normalizer"] = normalizer);
        assert!(matches!(&error, Error::Config { field: "normalizer", .. }), "{error}");
    }
    let harmless = sequence(vec![replace(json!({"String": "``"}), 1), replace(json!({"Regex": " {2,}"}), 1)]);
    Folder::new("bert")
        .edit("tokenizer.json", |tokenizer| tokenizer["normalizer"] = harmless)
        .load()
        .unwrap();
}

#[test]
fn settings_of_the_model_that_make_it_random_or_slow() {
    let dropout = error(|tokenizer| tokenizer["model"]["dropout"] = 0.1.into());
    assert!(matches!(&dropout, Error::Config { field: "model", .. }), "{dropout}");
    let slow = error(|tokenizer| tokenizer["model"]["max_input_chars_per_word"] = 1_000_000_000.into());
    assert!(matches!(&slow, Error::Config { field: "model", .. }), "{slow}");
}

#[test]
fn headers_of_weights_that_claim_more_than_there_is() {
    let file = |header: &str| {
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header.as_bytes());
        bytes
    };
    let claims = [
        (r#""dtype":"F32","shape":[1152921504606846976]"#, 4_611_686_018_427_387_904_u64),
        (r#""dtype":"U8","shape":[18446744073709551615]"#, u64::MAX),
        (r#""dtype":"F16","shape":[4611686018427387904,2]"#, 4),
    ];
    for (claim, end) in claims {
        let header =
            format!(r#"{{"embeddings.word_embeddings.weight":{{{claim},"data_offsets":[0,{end}]}}}}"#);
        let error = Folder::new("bert").write("model.safetensors", &file(&header)).error();
        assert!(matches!(&error, Error::MalformedWeights { .. }), "{error}");
    }
}

#[test]
fn sizes_that_no_weights_have() {
    for field in
        ["vocab_size", "hidden_size", "num_hidden_layers", "intermediate_size", "max_position_embeddings"]
    {
        for size in [u64::from(u32::MAX), 1 << 40, u64::MAX] {
            let folder = Folder::new("bert").edit("config.json", |config| {
                config[field] = size.into();
                config["num_attention_heads"] = 1.into();
            });
            let error = folder.error();
            // The pooling says how wide the model is before its weights do.
            let expected = matches!(
                error,
                Error::MissingTensor { .. } | Error::TensorShape { .. } | Error::Config { .. }
            );
            assert!(expected, "{field} {size}: {error}");
        }
    }
}

/// Loads a folder as what it is, and encodes with what loads.
fn used(model: &str, folder: &Path) -> Result<(), Error> {
    let texts = ["the cat sat", "", "risk [MASK] of men"];
    match model {
        "router" => TwoTowerEncoder::load(folder)?.encode_items(&texts).map(drop),
        "static" => StaticEncoder::load(folder)?.encode_items(&texts).map(drop),
        "cross-encoder" => return CrossEncoder::load(folder)?.scores("the cat", &texts).map(drop),
        _ => SentenceEncoder::load(folder)?.encode_items(&texts).map(drop),
    }
    .or(Ok(()))
}

/// Loads a folder with each of some contents of one file, and encodes with what loads; how many loaded.
fn loaded(model: &str, file: &str, contents: impl Iterator<Item = Vec<u8>>) -> usize {
    let folder = Folder::new(model);
    let mut loaded = 0;
    for (round, bytes) in contents.enumerate() {
        std::fs::write(folder.path(file), &bytes).unwrap();
        let result = std::panic::catch_unwind(|| used(model, folder.root()));
        let text = || String::from_utf8_lossy(&bytes).into_owned();
        let result =
            result.unwrap_or_else(|_| panic!("{model} {file}, round {round}: panicked on {}", text()));
        loaded += usize::from(result.is_ok());
    }
    loaded
}

/// Every value of a JSON file, but those of a vocabulary, replaced by each of some others, and left out.
fn with_other_values(good: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let others = [
        json!(null),
        json!(-1),
        json!(0),
        json!(4_294_967_296_u64),
        json!(1e30),
        json!(""),
        json!("Sequence"),
        json!(true),
        json!([]),
        json!({}),
        json!([[{"type": "Sequence", "id": "B"}]]),
    ];
    let good: Value = serde_json::from_slice(good).unwrap();
    let mut places = Vec::new();
    find_places(&good, "", &mut places);
    places.into_iter().flat_map(move |place| {
        let good = good.clone();
        others.clone().into_iter().map(move |other| {
            let mut changed = good.clone();
            *changed.pointer_mut(&place).unwrap() = other;
            changed.to_string().into_bytes()
        })
    })
}

fn find_places(value: &Value, at: &str, places: &mut Vec<String>) {
    // The tokens themselves are many, and much alike.
    if ["/model/vocab/", "/model/merges/", "/added_tokens/"].iter().any(|many| at.starts_with(many))
        && !at.contains("/0")
    {
        return;
    }
    places.push(at.to_owned());
    let escaped = |key: &str| key.replace('~', "~0").replace('/', "~1");
    match value {
        Value::Object(map) => {
            map.iter().for_each(|(key, value)| find_places(value, &format!("{at}/{}", escaped(key)), places))
        }
        Value::Array(all) => {
            all.iter().enumerate().for_each(|(i, value)| find_places(value, &format!("{at}/{i}"), places));
        }
        _ => {}
    }
}

#[test]
fn no_damaged_settings_panic_or_hang() {
    let files = [
        ("bert", "config.json"),
        ("bert", "modules.json"),
        ("bert", "1_Pooling/config.json"),
        ("bert", "tokenizer_config.json"),
        ("bert", "sentence_bert_config.json"),
        ("bert", "config_sentence_transformers.json"),
        ("cross-encoder", "config.json"),
        ("cross-encoder", "tokenizer_config.json"),
        ("router", "modules.json"),
        ("router", "router_config.json"),
        ("router", "config_sentence_transformers.json"),
        ("router", "query_1_Pooling/config.json"),
        ("xlm-roberta", "2_Dense/config.json"),
        ("xlm-roberta", "3_LayerNorm/config.json"),
        ("roberta", "model.safetensors.index.json"),
        ("static", "config.json"),
    ];
    for (seed, (model, file)) in files.into_iter().enumerate() {
        let good = std::fs::read(tiny(model).join(file)).unwrap();
        let count = rounds(500);
        let loaded_at_all = loaded(model, file, mutations(&good, seed as u64, count));
        assert!(loaded_at_all < count, "{model} {file}: every damaged one was loaded");
        loaded(model, file, with_other_values(&good));
    }
}

/// Older folders name their special tokens in a file of their own, where tokenizer_config.json has none.
#[test]
fn no_damaged_names_of_special_tokens_panic_or_hang() {
    let names = json!({
        "cls_token": "[CLS]",
        "sep_token": {"content": "[SEP]", "lstrip": false, "normalized": false, "rstrip": true, "single_word": false},
        "pad_token": "[PAD]",
        "additional_special_tokens": ["cat", {"content": "risk", "lstrip": true}],
    });
    let good = names.to_string().into_bytes();
    let count = rounds(500);
    for model in ["bert", "cross-encoder"] {
        assert_eq!(loaded(model, "special_tokens_map.json", std::iter::once(good.clone())), 1);
        let loaded_at_all = loaded(model, "special_tokens_map.json", mutations(&good, 41, count));
        assert!(loaded_at_all < count, "{model}: every damaged one was loaded");
        loaded(model, "special_tokens_map.json", with_other_values(&good));
    }
}

#[test]
fn no_damaged_tokenizer_panics_or_hangs() {
    for (seed, model) in ["bert", "roberta", "xlm-roberta"].into_iter().enumerate() {
        let good = std::fs::read(tiny(model).join("tokenizer.json")).unwrap();
        let count = rounds(1200);
        let loaded_at_all = loaded(model, "tokenizer.json", mutations(&good, 100 + seed as u64, count));
        assert!(loaded_at_all < count, "{model}: every damaged one was loaded");
        loaded(model, "tokenizer.json", with_other_values(&good));
    }
}

#[test]
fn no_damaged_weights_panic_or_hang() {
    for (seed, model) in ["bert", "static", "cross-encoder"].into_iter().enumerate() {
        let good = std::fs::read(tiny(model).join("model.safetensors")).unwrap();
        let header = 8 + u64::from_le_bytes(good[..8].try_into().unwrap()) as usize;
        let damaged = mutations(&good[8..header], 7 + seed as u64, rounds(600)).map(|bytes| {
            // With the length of the damaged header, so that it is read.
            [&(bytes.len() as u64).to_le_bytes()[..], &bytes, &good[header..]].concat()
        });
        assert!(loaded(model, "model.safetensors", damaged) < rounds(600), "{model}");
    }
}
