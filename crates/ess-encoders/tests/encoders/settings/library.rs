//! Folders whose vectors are sentence-transformers' own: golden/make_cases.py makes them.

use std::{collections::BTreeMap, path::Path};

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Expected, agrees};
use crate::folder::Folder;

/// A folder of `tiny` with some settings that are other ones, and the vectors of its texts.
#[derive(Deserialize)]
struct Case {
    folder: String,
    changes: BTreeMap<String, Map<String, Value>>,
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
    let folder = changes.into_iter().fold(Folder::new(&folder), |folder, (file, settings)| {
        folder.edit(&file, |said| said.as_object_mut().unwrap().extend(settings))
    });
    agrees(&folder, name, &expected);
}

#[test]
fn the_padding_token_in_a_text_of_mpnet_stands_at_its_own_position() {
    gives_its_vectors("padding-in-text-mpnet");
}
