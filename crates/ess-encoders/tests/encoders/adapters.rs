//! Adapters (LoRA) against PEFT: see golden/make_adapters.py.

use std::path::{Path, PathBuf};

use crate::folder::{Folder, tiny};
use ess_core::QueryEncoder;
use ess_encoders::{CrossEncoder, Error, SentenceEncoder};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
struct Golden {
    base: String,
    texts: Vec<String>,
    embeddings: Vec<Vec<f32>>,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

fn golden(name: &str) -> Golden {
    let file = root().join("adapters").join(name).join("golden.json");
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

/// A copy of the adapter's base with the adapter beside its weights.
pub(crate) fn beside(name: &str) -> Folder {
    let base = root().join("architectures").join(golden(name).base);
    with_adapter(Folder::of(&base), name)
}

fn with_adapter(folder: Folder, name: &str) -> Folder {
    let mut folder = folder;
    for file in ["adapter_config.json", "adapter_model.safetensors"] {
        folder = folder.write(file, &std::fs::read(root().join("adapters").join(name).join(file)).unwrap());
    }
    folder
}

fn furthest(encoder: &SentenceEncoder, golden: &Golden) -> f32 {
    let texts: Vec<_> = golden.texts.iter().map(String::as_str).collect();
    let found = encoder.encode_queries(&texts).unwrap();
    let of_row = |(found, expected): (&[f32], &Vec<f32>)| {
        assert_eq!(found.len(), expected.len());
        found.iter().zip(expected).map(|(f, e)| (f - e).abs()).fold(0.0, f32::max)
    };
    found.rows().zip(&golden.embeddings).map(of_row).fold(0.0, f32::max)
}

#[test]
fn merged_weights_give_the_vectors_of_peft() {
    for name in ["plain", "patterns", "tables", "overlaps"] {
        let golden = golden(name);
        let without = SentenceEncoder::load(root().join("architectures").join(&golden.base)).unwrap();
        assert!(furthest(&without, &golden) > 0.01, "{name} changes nothing");
        let difference = furthest(&beside(name).load().unwrap(), &golden);
        println!("{name}: {difference:.1e}");
        assert!(difference < 2e-5, "{name}: {difference}");
    }
}

#[test]
fn the_base_may_be_a_folder_of_its_own() {
    let golden = golden("plain");
    let base = root().join("architectures").join(&golden.base);
    let is_weights = |name: &str| name.contains("safetensors") && !name.starts_with("adapter");
    let mut folder = beside("plain").remove("config.json");
    for entry in std::fs::read_dir(&base).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if is_weights(&name) {
            folder = folder.remove(&name);
        }
    }
    let missing = folder.load().map(drop).unwrap_err();
    assert!(matches!(&missing, Error::Config { field: "base_model_name_or_path", .. }), "{missing}");
    let path = base.to_str().unwrap();
    let folder = folder.edit("adapter_config.json", |config| config["base_model_name_or_path"] = path.into());
    let difference = furthest(&folder.load().unwrap(), &golden);
    assert!(difference < 2e-5, "{difference}");
}

#[test]
fn what_an_adapters_own_folder_says_of_texts_holds_where_the_tokenizer_is_the_bases() {
    let golden = golden("plain");
    let base = root().join("architectures").join(&golden.base);
    let cut = json!({"max_seq_length": 5, "do_lower_case": false}).to_string();
    let short = beside("plain").write("sentence_bert_config.json", cut.as_bytes());
    let expected = short.load().unwrap().encode_queries(&[&*golden.texts[3]]).unwrap();
    let path = base.to_str().unwrap();
    let alone = short
        .remove("tokenizer.json")
        .remove("config.json")
        .edit("adapter_config.json", |config| config["base_model_name_or_path"] = path.into());
    assert_eq!(alone.load().unwrap().encode_queries(&[&*golden.texts[3]]).unwrap(), expected);
    let whole = alone.remove("sentence_bert_config.json");
    assert_ne!(whole.load().unwrap().encode_queries(&[&*golden.texts[3]]).unwrap(), expected);
}

#[test]
fn what_would_give_other_vectors_is_refused_by_name() {
    let cases = [
        ("use_dora", json!(true)),
        ("bias", json!("all")),
        ("modules_to_save", json!(["pooler"])),
        ("peft_type", json!("IA3")),
        ("init_lora_weights", json!("pissa")),
        ("lora_bias", json!(true)),
        ("layer_replication", json!([[0, 1]])),
        ("trainable_token_indices", json!([1])),
        ("a_new_kind", json!(1)),
        ("r", json!(0)),
        ("rank_pattern", json!({".*q_proj": 2})),
    ];
    for (name, value) in cases {
        let error = beside("plain").edit("adapter_config.json", |config| config[name] = value).error();
        let typed = matches!(&error, Error::Setting { .. } | Error::Config { .. });
        assert!(typed && error.to_string().contains(name), "{name}: {error}");
    }
    let rank = beside("plain").edit("adapter_config.json", |config| config["r"] = 3.into()).error();
    assert!(matches!(&rank, Error::TensorShape { name, .. } if name.contains("lora_A")), "{rank}");
}

#[test]
fn damaged_adapters_are_refused() {
    let gone = beside("plain").remove("adapter_model.safetensors").error();
    assert!(matches!(gone, Error::MissingFile { .. }), "{gone}");
    let alone = beside("plain").remove("adapter_config.json").error();
    assert!(matches!(alone, Error::MissingFile { .. }), "{alone}");
    let torn =
        beside("plain").change_bytes("adapter_model.safetensors", |bytes| bytes.truncate(4000)).error();
    assert!(matches!(torn, Error::MalformedWeights { .. }), "{torn}");
    let nan = beside("plain").change_bytes("adapter_model.safetensors", |bytes| {
        let end = bytes.len();
        bytes[end - 4..].copy_from_slice(&f32::NAN.to_le_bytes());
    });
    assert!(matches!(nan.error(), Error::NonFiniteWeight { .. }));
    // An adapter of another model.
    let other = with_adapter(Folder::of(&root().join("architectures/electra")), "plain").error();
    assert!(matches!(other, Error::UnexpectedTensor { .. }), "{other}");
    let renamed = beside("plain").change_bytes("adapter_model.safetensors", |bytes| {
        let at = bytes.windows(6).position(|window| window == b"lora_A").unwrap();
        bytes[at..at + 6].copy_from_slice(b"lora_C");
    });
    let renamed = renamed.error();
    assert!(matches!(renamed, Error::UnexpectedTensor { .. } | Error::MissingTensor { .. }), "{renamed}");
}

#[test]
fn a_cross_encoder_with_an_adapter_is_refused() {
    let folder = with_adapter(Folder::of(&tiny("cross-encoder")), "plain");
    assert!(matches!(CrossEncoder::load(folder.root()), Err(Error::Adapter { .. })));
    let settings: Value =
        serde_json::from_slice(&std::fs::read(folder.path("adapter_config.json")).unwrap()).unwrap();
    assert_eq!(settings["peft_type"], "LORA");
}
