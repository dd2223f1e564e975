//! The tables of all settings, as the README has them.

use std::path::Path;

use serde_json::Value;

use super::{
    adapter::ADAPTER,
    clip::{CLIP, IMAGE_TOWER, SENTENCE_CLIP, TEXT_TOWER},
    colbert, cross_encoder,
    decoders::{GEMMA3, LLAMA, MISTRAL, QWEN2, QWEN3, T5},
    encoders::{ALBERT, DEBERTA, ELECTRA, GTE, JINA_BERT, MODERN_BERT, NOMIC_BERT, NOMIC_OWN},
    file_settings::FileSettings,
    image_processor::{IMAGE_PROCESSOR, PROCESSOR},
    rotary::ROTARY,
    sentence::{
        DENSE, LAYER_NORM, LISTED_MODULE, MODEL, NORMALIZE, POOLING, ROUTER, ROUTER_PARAMETERS, SENTENCE,
    },
    sparse,
    static_model::STATIC,
    tokenizer::{TOKENIZER, TOKENIZER_CONFIG},
    transformer::{HARMLESS, TRANSFORMER},
};
use crate::error::Error;

/// All tables, in the order of the README.
pub(super) const ALL: [&FileSettings; 43] = [
    &TRANSFORMER,
    &ELECTRA,
    &ALBERT,
    &MODERN_BERT,
    &DEBERTA,
    &NOMIC_BERT,
    &NOMIC_OWN,
    &GTE,
    &JINA_BERT,
    &CLIP,
    &TEXT_TOWER,
    &IMAGE_TOWER,
    &LLAMA,
    &MISTRAL,
    &QWEN2,
    &QWEN3,
    &GEMMA3,
    &T5,
    &ROTARY,
    &ADAPTER,
    &SENTENCE,
    &SENTENCE_CLIP,
    &IMAGE_PROCESSOR,
    &PROCESSOR,
    &MODEL,
    &LISTED_MODULE,
    &ROUTER,
    &ROUTER_PARAMETERS,
    &POOLING,
    &DENSE,
    &LAYER_NORM,
    &NORMALIZE,
    &TOKENIZER_CONFIG,
    &TOKENIZER,
    &STATIC,
    &cross_encoder::TEXT,
    &cross_encoder::MODEL,
    &colbert::PYLATE,
    &colbert::METADATA,
    &sparse::TEXT,
    &sparse::MODEL,
    &sparse::POOLING,
    &sparse::TERM_WEIGHTS,
];

fn check(settings: &FileSettings, json: &str) -> Result<(), Error> {
    settings.check(Path::new("file.json"), serde_json::from_str::<Value>(json).unwrap().as_object().unwrap())
}

#[test]
fn what_is_known_passes_by_its_value_and_what_is_misspelt_is_refused() {
    check(&TRANSFORMER, r#"{"hidden_size": 4, "use_cache": true, "is_decoder": false, "pruned_heads": {}}"#)
        .unwrap();
    let refused = [
        (r#"{"Type_vocab_size": 2}"#, "type_vocab_size"),
        (r#"{"is_decoder": true}"#, "expected null or false"),
        (r#"{"quantization_config": {"bits": 4}}"#, "expected null"),
        (r#"{"no_such_thing": 1}"#, "not a setting"),
    ];
    for (json, expected) in refused {
        let error = check(&TRANSFORMER, json).unwrap_err().to_string();
        assert!(error.contains(expected) && error.starts_with("file.json"), "{json}: {error}");
    }
    check(&TOKENIZER_CONFIG, r#"{"a_note": 1, "cls_token": "[CLS]"}"#).unwrap();
    assert!(check(&TOKENIZER_CONFIG, r#"{"truncation-side": "left"}"#).is_err());
}

#[test]
fn no_setting_is_in_two_lists() {
    for settings in ALL {
        let only = settings.all_only().map(|(name, _)| *name);
        let harmless = settings.harmless.iter().copied();
        let mut names: Vec<_> = settings.all_applied().chain(harmless).chain(only).collect();
        let all = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), all, "{}", settings.file);
    }
}

/// One row of the README's table.
fn row(settings: &FileSettings) -> String {
    let list = |names: &[&str]| {
        let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
        if quoted.is_empty() { "–".to_owned() } else { quoted.join(", ") }
    };
    let mut applied: Vec<_> = settings.all_applied().collect();
    applied.sort_unstable();
    let mut only: Vec<_> =
        settings.all_only().map(|(name, values)| format!("`{name}`: `{}`", values.join("` or `"))).collect();
    only.sort_unstable();
    let only = if only.is_empty() { "–".to_owned() } else { only.join("; ") };
    let others = if settings.closed { "refused" } else { "refused if like one that decides, else a warning" };
    let harmless = match settings.harmless == HARMLESS && settings.file != TRANSFORMER.file {
        true => "as of config.json".to_owned(),
        false => list(settings.harmless),
    };
    format!("| {} | {} | {only} | {harmless} | {others} |", settings.file, list(&applied))
}

#[test]
fn the_readme_has_the_table_as_it_is_here() {
    let readme = include_str!("../../../README.md");
    for settings in ALL {
        let row = row(settings);
        assert!(readme.contains(&row), "README.md of ess-encoders should have this row:\n{row}");
    }
}
