//! Folders whose vectors are sentence-transformers' own: golden/make_cases.py makes them.

use std::{collections::BTreeMap, path::Path};

use ess_encoders::Error;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Expected, agrees};
use crate::folder::Folder;

/// A folder of `tiny` with some settings that are other ones or files that are not there, and the vectors of its texts.
#[derive(Deserialize)]
struct Case {
    folder: String,
    changes: BTreeMap<String, Option<Map<String, Value>>>,
    #[serde(flatten)]
    expected: Expected,
}

fn case(name: &str) -> Case {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/cases/library.json");
    let mut cases: BTreeMap<String, Case> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    cases.remove(name).unwrap()
}

#[track_caller]
fn gives_its_vectors(name: &str) {
    let Case { folder, changes, expected } = case(name);
    let folder = changes.into_iter().fold(Folder::new(&folder), |folder, (file, settings)| match settings {
        Some(settings) => folder.edit(&file, |said| said.as_object_mut().unwrap().extend(settings)),
        None => folder.remove(&file),
    });
    agrees(&folder, name, &expected);
}

#[test]
fn the_padding_token_in_a_text_of_mpnet_stands_at_its_own_position() {
    gives_its_vectors("padding-in-text-mpnet");
}

#[test]
fn another_padding_token_moves_no_position_of_mpnet() {
    gives_its_vectors("padding-token-mpnet");
}

#[test]
fn tokens_that_the_settings_add_are_looked_for_in_texts() {
    for name in ["added-token-by-id", "added-token-by-text", "added-token-nowhere"] {
        gives_its_vectors(name);
    }
}

#[test]
fn a_token_of_tokenizer_json_stays_what_it_is_where_an_older_file_has_its_id() {
    // The tiny BERT's mask.
    let folder = Folder::new("bert").write("added_tokens.json", br#"{"a": 4}"#);
    agrees(&folder, "another token's id", &case("added-token-nowhere").expected);
}

#[test]
fn without_modules_no_file_says_anything_of_texts_or_vectors() {
    gives_its_vectors("no-modules");
    let folder = Folder::new("bert").remove("modules.json");
    let said = folder.load().unwrap().assumptions().join("\n");
    assert!(said.contains("sentence_bert_config.json") && said.contains("is heeded"), "{said}");
}

#[test]
fn an_added_token_without_a_row_or_an_id_is_refused_when_the_folder_is_loaded() {
    let listed = |token: Value| {
        Folder::new("bert")
            .edit("tokenizer_config.json", |config| config["added_tokens_decoder"] = json!({"9999": token}))
            .error()
    };
    let error = listed(json!({"content": "sat on"}));
    assert!(matches!(error, Error::Vocabulary { .. }), "{error}");
    let error = listed(json!("sat on"));
    assert!(matches!(error, Error::Config { field: "added_tokens_decoder", .. }), "{error}");
    let error = Folder::new("bert").write("added_tokens.json", br#"{"sat on": "9999"}"#).error();
    assert!(matches!(error, Error::Json { .. }), "{error}");
}
