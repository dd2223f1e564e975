//! Every folder that cannot be loaded says what is wrong with it.

use crate::folder::{Folder, tiny};
use ess_encoders::{CrossEncoder, Error, SentenceEncoder, StaticEncoder, TwoTowerEncoder};

#[test]
fn no_folder_at_all() {
    assert!(matches!(SentenceEncoder::load("/no/such/folder"), Err(Error::Io { .. })));
}

#[test]
fn a_missing_file_is_named_with_what_to_do() {
    for file in ["config.json", "tokenizer.json", "model.safetensors"] {
        let error = Folder::new("bert").remove(file).error();
        assert!(matches!(&error, Error::MissingFile { file: named, .. } if named == file), "{error}");
    }
    let error = Folder::new("bert").remove("1_Pooling/config.json").error();
    assert!(matches!(&error, Error::MissingFile { .. }), "{error}");
    let shard = Folder::new("roberta").remove("model-00002-of-00002.safetensors").error();
    assert!(matches!(&shard, Error::Io { .. }), "{shard}");
}

#[test]
fn json_that_is_none() {
    for file in ["config.json", "modules.json", "1_Pooling/config.json", "config_sentence_transformers.json"]
    {
        let error = Folder::new("bert").write(file, b"{\"model_type\": ").error();
        assert!(matches!(&error, Error::Json { .. }), "{file}: {error}");
    }
}

#[test]
fn a_configuration_that_is_not_supported_or_makes_no_sense() {
    let config = [
        ("\"model_type\": \"bert\"", "\"model_type\": \"gpt2\"", "model_type"),
        ("\"hidden_act\": \"gelu\"", "\"hidden_act\": \"snake\"", "hidden_act"),
        ("\"num_attention_heads\": 4", "\"num_attention_heads\": 5", "num_attention_heads"),
        ("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 0", "num_hidden_layers"),
        ("\"layer_norm_eps\": 1e-12", "\"layer_norm_eps\": -1.0", "layer_norm_eps"),
        ("\"max_position_embeddings\": 48", "\"max_position_embeddings\": 0", "max_position_embeddings"),
    ];
    for (old, new, field) in config {
        let error = Folder::new("bert").replace("config.json", old, new).error();
        assert!(matches!(&error, Error::Config { field: named, .. } if *named == field), "{field}: {error}");
    }
    let others = [
        ("1_Pooling/config.json", "\"mean\"", "\"median\""),
        ("1_Pooling/config.json", "32", "33"),
        ("modules.json", "normalize.Normalize", "normalize.Quantize"),
        ("modules.json", "transformer.Transformer", "bow.BoW"),
        ("modules.json", "1_Pooling", "../elsewhere"),
    ];
    for (file, old, new) in others {
        let error = Folder::new("bert").replace(file, old, new).error();
        assert!(matches!(&error, Error::Config { .. }), "{file} {new}: {error}");
    }
    assert!(matches!(Folder::new("bert").write("modules.json", b"[]").error(), Error::Config { .. }));
    let too_short = br#"{"max_seq_length": 2}"#;
    let error = Folder::new("bert").write("sentence_bert_config.json", too_short).error();
    assert!(matches!(&error, Error::Config { field: "max_seq_length", .. }), "{error}");
}

#[test]
fn weights_of_another_shape_than_the_configuration_says() {
    let with_layers = |layers: &str| {
        let found = "\"num_hidden_layers\": 2";
        Folder::new("bert").replace("config.json", found, &format!("\"num_hidden_layers\": {layers}")).error()
    };
    assert!(matches!(with_layers("3"), Error::MissingTensor { .. }));
    assert!(matches!(with_layers("999999999"), Error::Config { field: "num_hidden_layers", .. }));
    let wider =
        Folder::new("bert").replace("config.json", "\"intermediate_size\": 48", "\"intermediate_size\": 64");
    let error = wider.error();
    assert!(
        matches!(&error, Error::TensorShape { expected, found, .. } if expected[..] == [64, 32] && found[..] == [48, 32]),
        "{error}"
    );
    let dense = Folder::new("xlm-roberta").replace("2_Dense/config.json", "20", "4611686018427387904");
    assert!(matches!(dense.error(), Error::TensorShape { .. }));
}

#[test]
fn a_vocabulary_that_the_model_has_not() {
    let folder = Folder::new("bert");
    let bytes = std::fs::read(tiny("roberta").join("tokenizer.json")).unwrap();
    let error = folder.write("tokenizer.json", &bytes).error();
    assert!(matches!(&error, Error::Vocabulary { .. }), "{error}");
    let error = Folder::new("bert").write("tokenizer.json", b"{}").error();
    assert!(matches!(&error, Error::Tokenizer { .. }), "{error}");
}

#[test]
fn torn_and_hostile_weight_files() {
    let damages: [fn(&mut Vec<u8>); 6] = [
        |bytes| bytes.truncate(4),
        |bytes| bytes.truncate(100),
        |bytes| bytes.truncate(bytes.len() - 1),
        |bytes| bytes.push(0),
        // A header of 8 TiB, and one that is no JSON.
        |bytes| bytes[..8].copy_from_slice(&(1_u64 << 43).to_le_bytes()),
        |bytes| bytes[8] = b'x',
    ];
    for (at, damage) in damages.into_iter().enumerate() {
        let error = Folder::new("bert").change_bytes("model.safetensors", damage).error();
        assert!(matches!(&error, Error::MalformedWeights { .. }), "damage {at}: {error}");
    }
    // The first number of the first tensor, a norm's bias, becomes a NaN.
    let error = Folder::new("bert")
        .change_bytes("model.safetensors", |bytes| {
            let data = 8 + u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
            bytes[data..data + 2].copy_from_slice(&0x7e00_u16.to_le_bytes());
        })
        .error();
    assert!(matches!(&error, Error::NonFiniteWeight { at: 0, .. }), "{error}");
}

#[test]
fn a_shard_outside_the_folder() {
    let name = "model-00001-of-00002.safetensors";
    let error = Folder::new("roberta")
        .replace("model.safetensors.index.json", name, "../../secret.safetensors")
        .error();
    assert!(matches!(&error, Error::Config { .. }), "{error}");
}

#[test]
fn the_wrong_kind_of_model() {
    assert!(matches!(SentenceEncoder::load(tiny("router")), Err(Error::Config { .. })));
    assert!(matches!(TwoTowerEncoder::load(tiny("bert")), Err(Error::Config { .. })));
    assert!(matches!(CrossEncoder::load(tiny("roberta")), Err(Error::Config { .. })));
    let only_a_transformer = Folder::new("roberta")
        .remove("modules.json")
        .remove("sentence_bert_config.json")
        .remove("config_sentence_transformers.json");
    let error = CrossEncoder::load(only_a_transformer.root()).map(drop).unwrap_err();
    assert!(matches!(&error, Error::MissingTensor { .. }), "{error}");
}

#[test]
fn a_static_model_whose_vectors_go_through_more_is_refused() {
    let load = |folder: &Folder| StaticEncoder::load(folder.root()).map(drop);
    load(&Folder::new("static")).unwrap();
    load(&Folder::new("static").remove("modules.json")).unwrap();
    let refused = |folder: Folder| {
        let error = load(&folder).unwrap_err();
        assert!(matches!(error, Error::Config { field: "type", .. }), "{error}");
    };
    refused(Folder::new("static").edit("config.json", |config| config["normalize"] = false.into()));
    refused(Folder::new("static").edit("modules.json", |modules| {
        modules[1]["type"] = "sentence_transformers.models.Dropout".into();
    }));
    refused(Folder::new("static").edit("modules.json", |modules| modules[0] = modules[1].clone()));
}
