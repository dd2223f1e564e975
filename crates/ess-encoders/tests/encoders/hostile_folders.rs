//! Folders that were damaged or made to harm are refused with an error: nothing panics, hangs or asks for all memory.

mod damaged;

use crate::folder::Folder;
use ess_core::ItemEncoder;
use ess_encoders::{CrossEncoder, Error};
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

/// Texts are cut before a template puts them in, so that a long one would be longer than the model's positions.
#[test]
fn a_template_that_has_a_text_more_than_once() {
    for times in [2, 100] {
        let error = error(|tokenizer| {
            tokenizer["post_processor"] = template();
            let text = tokenizer["post_processor"]["single"][1].clone();
            let single = tokenizer["post_processor"]["single"].as_array_mut().unwrap();
            single.extend(std::iter::repeat_n(text, times - 1));
        });
        assert!(matches!(&error, Error::Config { field: "post_processor", .. }), "{times} times: {error}");
    }
    for text in ["A", "B"] {
        let pair = |tokenizer: &mut Value| {
            let twice = json!({"Sequence": {"id": text, "type_id": 0}});
            tokenizer["post_processor"] = template();
            tokenizer["post_processor"]["pair"].as_array_mut().unwrap().push(twice);
        };
        let folder = Folder::new("cross-encoder").edit("tokenizer.json", pair);
        let error = CrossEncoder::load(folder.root()).map(drop).unwrap_err();
        assert!(matches!(&error, Error::Config { field: "post_processor", .. }), "{text}: {error}");
    }
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
