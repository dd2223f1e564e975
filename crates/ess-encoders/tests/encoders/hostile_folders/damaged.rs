//! Every file of a model's folder, damaged at random: an encoder or an error, and no panic.
//!
//! Ten thousand of each kind; with `ESS_NIGHTLY=1` a million.

use std::path::{Path, PathBuf};

use crate::{adapters, folder::Folder};
use ess_core::{ItemEncoder, QueryEncoder};
use ess_encoders::{
    ColbertEncoder, CrossEncoder, Error, ImageEncoder, SentenceEncoder, StaticEncoder, TwoTowerEncoder,
};
use ess_testing::damage::{mutations, rounds};
use serde_json::{Value, json};

/// The last has more tokens than the tiny models read.
const TEXTS: [&str; 4] = ["the cat sat", "", "risk [MASK] of men", LONG];
const LONG: &str = "the cat sat on the mat the cat sat on the mat the cat sat on the mat the cat sat on the mat the cat sat on \
                    the mat the cat sat on the mat the cat sat on the mat the cat sat on the mat the cat sat on the mat";

/// Loads a folder and encodes with what loads; what encoding says is its own affair.
type Ask = fn(&Path) -> Result<(), Error>;

fn sentence(folder: &Path) -> Result<(), Error> {
    SentenceEncoder::load(folder).map(|encoder| drop(encoder.encode_items(&TEXTS)))
}

fn two_towers(folder: &Path) -> Result<(), Error> {
    TwoTowerEncoder::load(folder).map(|encoder| drop(encoder.encode_items(&TEXTS)))
}

fn words(folder: &Path) -> Result<(), Error> {
    StaticEncoder::load(folder).map(|encoder| drop(encoder.encode_items(&TEXTS)))
}

fn cross_encoder(folder: &Path) -> Result<(), Error> {
    CrossEncoder::load(folder).map(|encoder| drop(encoder.scores("the cat", &TEXTS)))
}

fn colbert(folder: &Path) -> Result<(), Error> {
    let encoder = ColbertEncoder::load(folder)?;
    let _ = (encoder.encode_queries(&TEXTS), encoder.encode_items(&TEXTS));
    Ok(())
}

/// Both towers.
fn clip(folder: &Path) -> Result<(), Error> {
    let images = ImageEncoder::load(folder)?;
    let pixels = vec![0.5; 3 * images.side().min(64).pow(2)];
    let _ = images.encode_items(&[pixels.as_slice()]);
    sentence(folder)
}

fn golden(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(path)
}

/// How many damaged files were tried, and how many of them were loaded all the same.
#[derive(Default)]
struct Tried {
    all: usize,
    loaded: usize,
}

impl Tried {
    /// Without one that loads nothing behind the first check was tried, and if all do nothing is looked at.
    #[track_caller]
    fn check(&self, what: &str) {
        let Self { all, loaded } = self;
        println!("{all} damaged {what}, {loaded} of which are loaded");
        assert!(*loaded > 0 && loaded < all, "{loaded} of {all} damaged {what} are loaded");
    }

    /// Tries each of some contents of a file in a folder that is good, and puts the good one back.
    fn file(&mut self, folder: &Folder, ask: Ask, file: &str, contents: impl Iterator<Item = Vec<u8>>) {
        let good = std::fs::read(folder.path(file)).unwrap();
        assert!(ask(folder.root()).is_ok(), "{file}: the good folder is refused");
        let mut tried = Self::default();
        for bytes in contents.filter(|bytes| *bytes != good) {
            tried.all += 1;
            tried.loaded += usize::from(loads(folder, ask, file, &bytes));
        }
        assert!(tried.loaded < tried.all, "{file}: every damaged one was loaded");
        std::fs::write(folder.path(file), good).unwrap();
        self.all += tried.all;
        self.loaded += tried.loaded;
    }

    /// Tries a file of JSON, damaged and with other values, of which those that are loaded do not count.
    fn json(&mut self, folder: &Folder, ask: Ask, file: &str, seed: u64, rounds: usize) {
        let good = std::fs::read(folder.path(file)).unwrap();
        self.file(folder, ask, file, mutations(&good, seed, rounds));
        for bytes in with_other_values(&good) {
            loads(folder, ask, file, &bytes);
        }
        std::fs::write(folder.path(file), good).unwrap();
    }
}

/// Whether a folder loads with another content of a file.
fn loads(folder: &Folder, ask: Ask, file: &str, bytes: &[u8]) -> bool {
    std::fs::write(folder.path(file), bytes).unwrap();
    match std::panic::catch_unwind(|| ask(folder.root())) {
        Ok(result) => result.is_ok(),
        Err(_) => panic!("{file}: panicked on {}", String::from_utf8_lossy(bytes)),
    }
}

/// Every value of a JSON file, but those of a vocabulary, replaced by each of some others; of a list also all values twice.
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
        let all = good.pointer(&place).and_then(Value::as_array);
        let twice = all.map(|all| Value::from([&all[..], &all[..]].concat()));
        others.clone().into_iter().chain(twice).map(move |other| {
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
    let bert = [
        "config.json",
        "modules.json",
        "1_Pooling/config.json",
        "tokenizer_config.json",
        "sentence_bert_config.json",
        "config_sentence_transformers.json",
    ];
    let router = [
        "modules.json",
        "router_config.json",
        "config_sentence_transformers.json",
        "query_1_Pooling/config.json",
    ];
    let models: [(&str, Ask, &[&str]); 8] = [
        ("bert", sentence, &bert),
        ("cross-encoder", cross_encoder, &["config.json", "tokenizer_config.json"]),
        ("router", two_towers, &router),
        ("../routers/mapped", two_towers, &["router_config.json"]),
        ("../routers/static-queries", two_towers, &["query_1_Dense/config.json"]),
        ("xlm-roberta", sentence, &["2_Dense/config.json", "3_LayerNorm/config.json"]),
        ("roberta", sentence, &["model.safetensors.index.json"]),
        ("static", words, &["config.json"]),
    ];
    let rounds = rounds(10_000).div_ceil(18);
    let (mut tried, mut seed) = (Tried::default(), 0);
    for (model, ask, files) in models {
        let folder = Folder::new(model);
        for file in files {
            tried.json(&folder, ask, file, seed, rounds);
            seed += 1;
        }
    }
    assert_eq!(seed, 18);
    tried.check("settings");
}

#[test]
fn no_damaged_settings_of_colbert_panic_or_hang() {
    let pylate = [
        "modules.json",
        "config_sentence_transformers.json",
        "1_Dense/config.json",
        "sentence_bert_config.json",
    ];
    let folders: [(&str, &[&str]); 2] = [("pylate", &pylate), ("published", &["artifact.metadata"])];
    let rounds = rounds(10_000).div_ceil(5);
    let (mut tried, mut seed) = (Tried::default(), 50);
    for (name, files) in folders {
        let folder = Folder::of(&golden("colbert").join(name));
        for file in files {
            tried.json(&folder, colbert, file, seed, rounds);
            seed += 1;
        }
    }
    tried.check("settings of ColBERT");
}

#[test]
fn no_damaged_settings_of_clip_panic_or_hang() {
    let files = ["config.json", "modules.json", "sentence_bert_config.json"];
    let folder = Folder::of(&golden("architectures/clip"));
    let rounds = rounds(10_000).div_ceil(files.len());
    let mut tried = Tried::default();
    for (seed, file) in (60..).zip(files) {
        tried.json(&folder, clip, file, seed, rounds);
    }
    tried.check("settings of CLIP");
}

#[test]
fn no_damaged_settings_of_adapters_panic_or_hang() {
    let rounds = rounds(10_000).div_ceil(2);
    let mut tried = Tried::default();
    for (seed, name) in (70..).zip(["plain", "patterns"]) {
        tried.json(&adapters::beside(name), sentence, "adapter_config.json", seed, rounds);
    }
    tried.check("settings of adapters");
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
    let models: [(&str, Ask); 2] = [("bert", sentence), ("cross-encoder", cross_encoder)];
    let mut tried = Tried::default();
    for (model, ask) in models {
        let folder = Folder::new(model).write("special_tokens_map.json", &good);
        tried.json(&folder, ask, "special_tokens_map.json", 41, rounds(10_000).div_ceil(2));
    }
    tried.check("names of special tokens");
}

#[test]
fn no_damaged_tokenizer_panics_or_hangs() {
    let mut tried = Tried::default();
    for (seed, model) in (100..).zip(["bert", "roberta", "xlm-roberta"]) {
        let rounds = rounds(10_000).div_ceil(3);
        tried.json(&Folder::new(model), sentence, "tokenizer.json", seed, rounds);
    }
    tried.check("tokenizers");
}

#[test]
fn no_damaged_weights_panic_or_hang() {
    let models: [(Folder, Ask, &str); 5] = [
        (Folder::new("bert"), sentence, "model.safetensors"),
        (Folder::new("static"), words, "model.safetensors"),
        (Folder::new("cross-encoder"), cross_encoder, "model.safetensors"),
        (Folder::of(&golden("colbert/pylate")), colbert, "1_Dense/model.safetensors"),
        (adapters::beside("plain"), sentence, "adapter_model.safetensors"),
    ];
    let rounds = rounds(10_000).div_ceil(5);
    let mut tried = Tried::default();
    for (seed, (folder, ask, file)) in (7..).zip(models) {
        let good = std::fs::read(folder.path(file)).unwrap();
        let header = 8 + u64::from_le_bytes(good[..8].try_into().unwrap()) as usize;
        let damaged = mutations(&good[8..header], seed, rounds).map(|bytes| {
            // With the length of the damaged header, so that it is read.
            [&(bytes.len() as u64).to_le_bytes()[..], &bytes, &good[header..]].concat()
        });
        // Numbers are most of a file, and seldom what a reader stumbles over.
        tried.file(&folder, ask, file, damaged.chain(mutations(&good, seed, rounds / 3)));
    }
    tried.check("weights");
}
