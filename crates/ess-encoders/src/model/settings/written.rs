//! Every setting in the files that releases of transformers and sentence-transformers wrote is in a table, at a value that is
//! accepted: tests/golden/settings/README.md names the releases.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use serde_json::{Map, Value};

use super::{
    adapter::ADAPTER,
    clip, colbert, cross_encoder,
    encoders::{GTE, JINA_BERT, NOMIC_OWN},
    file_settings::FileSettings,
    image_processor::{IMAGE_PROCESSOR, PROCESSOR},
    rotary::ROTARY,
    sentence, sparse,
    static_model::STATIC,
    table::ALL,
    tokenizer::{TOKENIZER, TOKENIZER_CONFIG},
};
use crate::model::architecture::definition::Architecture;

/// Settings, and the table that has them.
type Tabled<'v> = (&'static FileSettings, &'v Map<String, Value>);

/// Words with their ids: the file is read without a table.
const UNTABLED: &str = "added_tokens.json";
/// What other libraries wrote stands beside the weights that they made.
const BY_OTHERS: [(&FileSettings, &str); 4] = [
    (&ADAPTER, "adapters/patterns/adapter_config.json"),
    (&STATIC, "tiny/static/config.json"),
    (&TOKENIZER, "tiny/bert/tokenizer.json"),
    (&colbert::PYLATE, "colbert/pylate/config_sentence_transformers.json"),
];
/// No library of a registry writes these: their authors publish the code beside the weights.
const BY_AUTHORS: [&FileSettings; 4] = [&GTE, &JINA_BERT, &NOMIC_OWN, &colbert::METADATA];

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

/// The files of all releases, by `release/model/…/file`.
fn written() -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(golden("settings")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let files: BTreeMap<String, Value> =
                serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            let release = path.file_stem().unwrap().to_string_lossy().into_owned();
            found.extend(files.into_iter().map(|(file, content)| (format!("{release}/{file}"), content)));
        }
    }
    found
}

/// The settings of a file, each object with its table.
fn tabled<'v>(path: &str, content: &'v Value) -> Vec<Tabled<'v>> {
    let parts: Vec<&str> = path.split('/').collect();
    let [_, model, .., file] = parts[..] else { panic!("{path}: no file of a model") };
    let one = |table| vec![(table, object(content))];
    match file {
        "tokenizer_config.json" | "special_tokens_map.json" => one(&TOKENIZER_CONFIG),
        "modules.json" => {
            let listed = content.as_array().unwrap().iter();
            listed.map(|module| (&sentence::LISTED_MODULE, object(module))).collect()
        }
        "sentence_bert_config.json" if model == "clip" => one(&clip::SENTENCE_CLIP),
        "sentence_bert_config.json" => {
            one(of_model(model, [&sentence::SENTENCE, &cross_encoder::TEXT, &sparse::TEXT]))
        }
        "config_sentence_transformers.json" => {
            one(of_model(model, [&sentence::MODEL, &cross_encoder::MODEL, &sparse::MODEL]))
        }
        "preprocessor_config.json" => one(&IMAGE_PROCESSOR),
        "processor_config.json" => {
            vec![(&PROCESSOR, object(content)), (&IMAGE_PROCESSOR, object(&content["image_processor"]))]
        }
        "config.json" if content.get("model_type").is_some() => transformer(content),
        "config.json" if content.get("structure").is_none() => one(of_module(parts[parts.len() - 2])),
        "config.json" | "router_config.json" => {
            vec![
                (&sentence::ROUTER, object(content)),
                (&sentence::ROUTER_PARAMETERS, object(&content["parameters"])),
            ]
        }
        UNTABLED => Vec::new(),
        _ => panic!("{path}: what is that file?"),
    }
}

fn object(value: &Value) -> &Map<String, Value> {
    value.as_object().unwrap()
}

/// The table of a sentence encoder, a cross-encoder or a learned sparse encoder.
fn of_model(model: &str, [sentence, cross, sparse]: [&'static FileSettings; 3]) -> &'static FileSettings {
    match model {
        "cross" => cross,
        "sparse" | "sparse-towers" => sparse,
        _ => sentence,
    }
}

/// The table of a module, by the end of its folder's name.
fn of_module(folder: &str) -> &'static FileSettings {
    match folder.rsplit('_').next().unwrap() {
        "Pooling" => &sentence::POOLING,
        "Dense" => &sentence::DENSE,
        "LayerNorm" => &sentence::LAYER_NORM,
        "Normalize" => &sentence::NORMALIZE,
        "SpladePooling" => &sparse::POOLING,
        "SparseStaticEmbedding" => &sparse::TERM_WEIGHTS,
        other => panic!("{other}: what is that module?"),
    }
}

/// The settings of a transformer, of both towers where it has two, and of its rotary positions.
fn transformer(config: &Value) -> Vec<Tabled<'_>> {
    let parts = [("text_config", "clip_text_model"), ("vision_config", "clip_vision_model")];
    if config["model_type"] == "clip" {
        let parts = parts.into_iter().map(|(part, tower)| (architecture(tower), object(&config[part])));
        return [(&clip::CLIP, object(config))].into_iter().chain(parts).collect();
    }
    let rotary =
        ["rope_parameters", "rope_scaling"].into_iter().filter_map(|name| config.get(name)?.as_object());
    let rotary = rotary.flat_map(by_layer).map(|settings| (&ROTARY, settings));
    let own = (architecture(config["model_type"].as_str().unwrap()), object(config));
    [own].into_iter().chain(rotary).collect()
}

fn architecture(model_type: &str) -> &'static FileSettings {
    Architecture::of(Path::new("config.json"), model_type).unwrap().settings
}

/// The settings of each kind of layer, or of all.
fn by_layer(rotary: &Map<String, Value>) -> Vec<&Map<String, Value>> {
    let kinds: Vec<_> = rotary.values().filter_map(Value::as_object).collect();
    if kinds.is_empty() { vec![rotary] } else { kinds }
}

/// What of a file is in no list of its table, or has another value than those that are accepted.
fn wrong(path: &str, (table, settings): Tabled<'_>) -> Vec<String> {
    let is_known = |name: &str| {
        let only = table.all_only().any(|(known, _)| *known == name);
        only || table.harmless.contains(&name) || table.all_applied().any(|known| known == name)
    };
    let unknown = settings.keys().filter(|name| !is_known(name));
    let mut wrong: Vec<_> = unknown.map(|name| format!("{path}: {name} is not in {}", table.file)).collect();
    wrong.extend(table.check(Path::new(path), settings).err().map(|error| error.to_string()));
    wrong
}

#[test]
fn every_setting_that_releases_wrote_is_in_a_table_at_a_value_that_is_accepted() {
    let files = written();
    let of_releases = files.iter().flat_map(|(path, content)| {
        tabled(path, content).into_iter().flat_map(move |part| wrong(path, part))
    });
    let mut found: Vec<_> = of_releases.collect();
    for (table, path) in BY_OTHERS {
        let content: Value = serde_json::from_slice(&std::fs::read(golden(path)).unwrap()).unwrap();
        found.extend(wrong(path, (table, object(&content))));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn every_table_is_asked_about_a_file_that_a_release_wrote() {
    let files = written();
    let tables = files.iter().flat_map(|(path, content)| tabled(path, content)).map(|(table, _)| table.file);
    let mut asked: BTreeSet<_> = tables.collect();
    asked.extend(BY_OTHERS.map(|(table, _)| table.file));
    asked.extend(BY_AUTHORS.map(|table| table.file));
    let all: BTreeSet<_> = ALL.map(|table| table.file).into();
    assert_eq!(asked, all);
}

#[test]
fn the_newest_release_wrote_the_settings_of_every_architecture() {
    // By names of their own.
    const BY_AUTHORS: [&str; 3] = ["new", "jina_bert", "jina_bert_qk_post_norm"];
    let files = written();
    let configs = files.iter().filter(|(path, _)| path.starts_with("transformers-5."));
    let types: BTreeSet<_> = configs.filter_map(|(_, content)| content.get("model_type")?.as_str()).collect();
    let missing =
        Architecture::all().flat_map(|known| known.model_types).filter(|name| !types.contains(**name));
    assert_eq!(missing.copied().collect::<Vec<_>>(), BY_AUTHORS);
}
