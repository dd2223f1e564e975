//! Golden folders, what is expected of them, and how close encoders come.

use std::path::{Path, PathBuf};

use burn::tensor::Device;
use ess_core::{Embeddings, QueryEncoder};
use ess_encoders::{Error, SentenceEncoder};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::folder::Folder;

#[derive(Deserialize)]
pub(crate) struct Golden {
    pub(crate) texts: Vec<String>,
    pub(crate) embeddings: Vec<Vec<f32>>,
    /// Of the third text's tokens, layer by layer.
    pub(crate) states: Vec<Vec<Vec<f32>>>,
}

#[derive(Deserialize)]
pub(crate) struct Case {
    pub(crate) folder: String,
    pub(crate) changes: Map<String, Value>,
    pub(crate) embeddings: Vec<Vec<f32>>,
}

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/architectures")
}

pub(crate) fn golden(name: &str) -> Golden {
    serde_json::from_slice(&std::fs::read(root().join(name).join("golden.json")).unwrap()).unwrap()
}

pub(crate) fn furthest(found: &[f32], expected: &[f32]) -> f32 {
    assert_eq!(found.len(), expected.len());
    found.iter().zip(expected).map(|(f, e)| (f - e).abs()).fold(0.0, f32::max)
}

/// The largest difference of all.
pub(crate) fn deviation(found: &Embeddings, expected: &[Vec<f32>]) -> f32 {
    assert_eq!(found.len(), expected.len());
    found.rows().zip(expected).map(|(found, expected)| furthest(found, expected)).fold(0.0, f32::max)
}

pub(crate) fn on_both(folder: &Path) -> [(&'static str, SentenceEncoder); 2] {
    let on_device = SentenceEncoder::load_on(folder, &Device::flex()).unwrap();
    [("host", SentenceEncoder::load(folder).unwrap()), ("device", on_device)]
}

pub(crate) const CLOSE: f32 = 2e-5;

pub(crate) fn changed(name: &str, changes: &Map<String, Value>) -> Folder {
    Folder::of(&root().join(name)).edit("config.json", |config| {
        for (key, value) in changes {
            config[key] = value.clone();
        }
    })
}

/// The vectors of a folder whose tokenizer_config.json or config.json says more.
pub(crate) fn vectors(name: &str, file: &str, more: Value) -> Result<Embeddings, Error> {
    let folder = changed(name, &Map::new())
        .edit(file, |settings| settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone()));
    Ok(folder.load()?.encode_queries(&["the cat sat on the mat", "stocks"]).unwrap())
}
