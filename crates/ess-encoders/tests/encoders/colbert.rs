//! ColBERT against PyLate (see golden/make_colbert.py), and folders that are refused.

use std::path::{Path, PathBuf};

use crate::folder::{Folder, tiny};
use burn::tensor::Device;
use ess_core::{Encoding, QueryEncoder, TokenStates};
use ess_encoders::{ColbertEncoder, Error, Precision};
use ess_testing::encoder::query_encoder_conforms_with;
use serde::Deserialize;
use serde_json::{Map, Value, json};

#[derive(Deserialize)]
struct Golden {
    file: String,
    texts: Vec<String>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    settings: Map<String, Value>,
    queries: Vec<Vec<Vec<f32>>>,
    items: Vec<Vec<Vec<f32>>>,
}

fn colbert(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/colbert").join(name)
}

fn assert_close(name: &str, found: &TokenStates, expected: &[Vec<Vec<f32>>]) {
    assert_eq!(found.rows(), expected.len(), "{name}");
    for (text, expected) in expected.iter().enumerate() {
        assert_eq!(found.tokens(text), expected.len(), "{name}, text {text}");
        for (found, expected) in found.states(text).iter().zip(expected.concat()) {
            assert!((found - expected).abs() < 1e-4, "{name}, text {text}: {found}, expected {expected}");
        }
    }
}

/// Every case of a folder's golden file, on both places.
fn agrees(name: &str) {
    let golden: Golden =
        serde_json::from_slice(&std::fs::read(colbert(name).join("golden.json")).unwrap()).unwrap();
    let texts: Vec<_> = golden.texts.iter().map(String::as_str).collect();
    for case in golden.cases {
        let folder = Folder::of(&colbert(name)).edit(&golden.file, |said| {
            said.as_object_mut().unwrap().extend(case.settings.clone());
        });
        let on_device = ColbertEncoder::load_on(folder.root(), &Device::flex()).unwrap();
        for encoder in [ColbertEncoder::load(folder.root()).unwrap(), on_device] {
            let name = format!("{name} with {:?}", case.settings);
            assert_close(
                &format!("{name}, queries"),
                &encoder.encode_queries(&texts).unwrap(),
                &case.queries,
            );
            assert_close(&format!("{name}, items"), &encoder.encode_items(&texts).unwrap(), &case.items);
        }
    }
}

#[test]
fn a_published_folder() {
    agrees("published");
}

#[test]
fn a_folder_of_pylate_with_each_of_its_settings() {
    agrees("pylate");
}

#[test]
fn a_folder_of_pylate_with_local_attention_and_rotary_positions() {
    agrees("modernbert");
}

#[test]
fn what_a_colbert_folder_is() {
    assert!(
        ["published", "pylate", "modernbert"].iter().all(|name| ColbertEncoder::is_folder(colbert(name)))
    );
    assert!(
        ["bert", "static", "cross-encoder", "no-such"]
            .iter()
            .all(|name| !ColbertEncoder::is_folder(tiny(name)))
    );
}

#[test]
fn a_text_has_the_same_vectors_alone_and_in_a_batch_each_of_unit_norm() {
    let encoder = ColbertEncoder::load(colbert("pylate")).unwrap();
    assert_eq!((encoder.dim(), encoder.query_length(), encoder.item_length()), (16, 14, 18));
    let long = "heart and risk of men ".repeat(2000);
    let texts = ["the cat", "", &long, "\0\u{fffd} \u{200b}"];
    query_encoder_conforms_with(&encoder, &texts, 1e-5, |one| one.states(0).to_vec());
    let items = encoder.encode_items(&texts).unwrap();
    for (row, text) in texts.iter().enumerate() {
        let alone = encoder.encode_items(&[text]).unwrap();
        let furthest =
            alone.packed().iter().zip(items.states(row)).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(furthest < 1e-5, "text {row}: {furthest}");
        for vector in items.states(row).chunks(16) {
            assert!((vector.iter().map(|x| x * x).sum::<f32>() - 1.0).abs() < 1e-5);
        }
        let mean: Vec<f32> = (0..16)
            .map(|i| items.states(row).iter().skip(i).step_by(16).sum::<f32>() / items.tokens(row) as f32)
            .collect();
        assert!(items.embeddings().row(row).iter().zip(&mean).all(|(a, b)| (a - b).abs() < 1e-6));
    }
    assert!(matches!(encoder.encode_items(&[]), Err(ess_core::Error::Empty { .. })));
    let int8 = ColbertEncoder::load_at(colbert("pylate"), Precision::Int8).unwrap();
    assert_eq!(int8.encode_queries(&["the cat"]).unwrap().tokens(0), 14);
}

fn error(folder: &Folder) -> Error {
    match ColbertEncoder::load(folder.root()) {
        Err(error) => error,
        Ok(_) => panic!("a bad folder was loaded"),
    }
}

#[test]
fn a_folder_without_a_projection_or_with_other_parts_is_refused() {
    let bert = Folder::new("cross-encoder");
    assert!(matches!(error(&bert), Error::MissingTensor { name, .. } if name == "linear.weight"));
    let sentence = error(&Folder::of(&tiny("bert")));
    assert!(
        matches!(&sentence, Error::Config { field: "type", found, .. } if found.contains("Pooling")),
        "{sentence}"
    );
    let alone = Folder::of(&colbert("pylate")).edit("modules.json", |parts| {
        parts.as_array_mut().unwrap().truncate(1);
    });
    assert!(matches!(error(&alone), Error::Config { field: "type", .. }));
    let foreign =
        Folder::of(&colbert("pylate")).replace("modules.json", "pylate.models.Dense", "other.Dense");
    assert!(matches!(error(&foreign), Error::Config { field: "type", .. }));
    let another = Folder::of(&colbert("published")).replace("config.json", "\"bert\"", "\"gpt2\"");
    assert!(matches!(error(&another), Error::Config { field: "model_type", .. }));
    let without = Folder::of(&colbert("published")).remove("artifact.metadata");
    assert!(matches!(error(&without), Error::MissingFile { file, .. } if file == "artifact.metadata"));
    let adapted = Folder::of(&colbert("published")).write("adapter_config.json", b"{}");
    assert!(matches!(error(&adapted), Error::Adapter { .. }));
}

#[test]
fn widths_that_disagree_are_refused() {
    let dense =
        Folder::of(&colbert("pylate")).edit("1_Dense/config.json", |said| said["in_features"] = json!(33));
    assert!(matches!(error(&dense), Error::Config { field: "in_features", .. }));
    let dense =
        Folder::of(&colbert("pylate")).edit("1_Dense/config.json", |said| said["out_features"] = json!(8));
    assert!(matches!(error(&dense), Error::TensorShape { .. }));
    let stated = Folder::of(&colbert("published")).edit("artifact.metadata", |said| said["dim"] = json!(128));
    assert!(matches!(error(&stated), Error::Config { field: "dim", .. }));
    // The published projection is 16 × 32, and so fits no other transformer.
    let wider = Folder::of(&colbert("published")).edit("config.json", |said| said["hidden_size"] = json!(64));
    assert!(matches!(error(&wider), Error::TensorShape { .. }));
}

#[test]
fn settings_that_would_give_other_vectors_are_refused() {
    let with = |name: &str, file: &str, setting: &str, value: Value| {
        error(&Folder::of(&colbert(name)).edit(file, |said| said[setting] = value))
    };
    let pylate = "config_sentence_transformers.json";
    for (file, setting, value) in [
        (pylate, "querry_length", json!(8)),
        (pylate, "default_prompt_name", json!("query")),
        (pylate, "similarity_fn_name", json!("cosine")),
        (pylate, "model_type", json!("CrossEncoder")),
    ] {
        let found = with("pylate", file, setting, value);
        assert!(matches!(&found, Error::Setting { name, .. } if name == setting), "{found}");
    }
    for (setting, value) in
        [("similarity", json!("l2")), ("relu", json!(true)), ("interaction", json!("flipr"))]
    {
        let found = with("published", "artifact.metadata", setting, value);
        assert!(matches!(&found, Error::Setting { name, .. } if name == setting), "{found}");
    }
    for (setting, value) in [
        ("query_prefix", json!("[no such marker]")),
        ("document_prefix", json!("[no such marker]")),
        ("query_length", json!(65)),
        ("query_length", json!(u64::MAX)),
        ("query_length", json!(0)),
        ("document_length", json!(3)),
    ] {
        let found = with("pylate", pylate, setting, value);
        assert!(matches!(&found, Error::Config { field, .. } if *field == setting), "{setting}: {found}");
    }
    // Attention that is too local for the words of a query to be seen by all that fills it up.
    let found = with("modernbert", pylate, "query_length", json!(20));
    assert!(matches!(&found, Error::Config { field: "model_type", .. }), "{found}");
    let wrong = with("pylate", pylate, "query_length", json!("long"));
    assert!(matches!(&wrong, Error::Json { .. }), "{wrong}");
}

#[test]
fn an_item_whose_tokens_are_all_skipped_has_none() {
    let folder = Folder::of(&colbert("pylate")).edit("config_sentence_transformers.json", |said| {
        said["skiplist_words"] = json!(["[CLS]", "[SEP]", "?"]);
        said["document_prefix"] = json!("");
    });
    let items = ColbertEncoder::load(folder.root()).unwrap().encode_items(&["??", "", "the cat"]).unwrap();
    assert_eq!([items.tokens(0), items.tokens(1)], [0, 0]);
    assert!(items.tokens(2) > 0 && items.embeddings().row(0).iter().all(|&value| value == 0.0));
}
