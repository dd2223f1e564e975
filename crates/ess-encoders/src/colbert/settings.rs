//! What a ColBERT folder says of markers, lengths and tokens that are left out.

use std::path::PathBuf;

use serde::Deserialize;

use crate::{
    error::Error,
    model::{folder::ModelFolder, settings::colbert},
};

/// The settings of either kind of folder in one form.
pub(super) struct ColbertSettings {
    /// The file that has them.
    pub(super) path: PathBuf,
    /// What that file calls the marker and the length of queries, and of items.
    pub(super) query_names: [&'static str; 2],
    pub(super) item_names: [&'static str; 2],
    /// The token behind the first one; none where it is empty.
    pub(super) query_marker: String,
    pub(super) item_marker: String,
    pub(super) query_length: usize,
    pub(super) item_length: usize,
    /// Whether queries are filled up, and whether what fills them is attended to.
    pub(super) expands: bool,
    pub(super) attends: bool,
    /// The words of items that have no vector.
    pub(super) skipped: Vec<String>,
}

// Python's `string.punctuation`.
const PUNCTUATION: &str = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";
// PyLate's defaults.
const LENGTHS: [usize; 2] = [32, 180];

#[derive(Default, Deserialize)]
struct PylateConfig {
    query_prefix: Option<String>,
    document_prefix: Option<String>,
    query_length: Option<usize>,
    document_length: Option<usize>,
    do_query_expansion: Option<bool>,
    attend_to_expansion_tokens: Option<bool>,
    skiplist_words: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Metadata {
    query_token_id: Option<String>,
    doc_token_id: Option<String>,
    query_maxlen: Option<usize>,
    doc_maxlen: Option<usize>,
    attend_to_mask_tokens: Option<bool>,
    mask_punctuation: Option<bool>,
    dim: Option<usize>,
}

impl ColbertSettings {
    /// config_sentence_transformers.json, with PyLate's defaults.
    pub(super) fn pylate(folder: &ModelFolder) -> Result<Self, Error> {
        const FILE: &str = "config_sentence_transformers.json";
        let config: PylateConfig = folder.optional_settings(FILE, &colbert::PYLATE)?;
        Ok(Self {
            path: folder.file(FILE),
            query_names: ["query_prefix", "query_length"],
            item_names: ["document_prefix", "document_length"],
            query_marker: config.query_prefix.unwrap_or_else(|| "[Q] ".to_owned()),
            item_marker: config.document_prefix.unwrap_or_else(|| "[D] ".to_owned()),
            query_length: config.query_length.unwrap_or(LENGTHS[0]),
            item_length: config.document_length.unwrap_or(LENGTHS[1]),
            expands: config.do_query_expansion.unwrap_or(true),
            attends: config.attend_to_expansion_tokens.unwrap_or(false),
            skipped: config.skiplist_words.unwrap_or_else(punctuation),
        })
    }

    /// artifact.metadata, and the dimension that it says the vectors have.
    pub(super) fn published(folder: &ModelFolder) -> Result<(Self, Option<usize>), Error> {
        const FILE: &str = "artifact.metadata";
        if !folder.has(FILE) {
            let advice = "it says what is put before queries and items; or save the model with PyLate";
            return Err(folder.missing(FILE, advice));
        }
        let config: Metadata = folder.settings(FILE, &colbert::METADATA)?;
        let settings = Self {
            path: folder.file(FILE),
            query_names: ["query_token_id", "query_maxlen"],
            item_names: ["doc_token_id", "doc_maxlen"],
            query_marker: config.query_token_id.unwrap_or_else(|| "[unused0]".to_owned()),
            item_marker: config.doc_token_id.unwrap_or_else(|| "[unused1]".to_owned()),
            query_length: config.query_maxlen.unwrap_or(LENGTHS[0]),
            item_length: config.doc_maxlen.unwrap_or(LENGTHS[1]),
            expands: true,
            attends: config.attend_to_mask_tokens.unwrap_or(false),
            skipped: if config.mask_punctuation.unwrap_or(true) { punctuation() } else { Vec::new() },
        };
        Ok((settings, config.dim))
    }
}

fn punctuation() -> Vec<String> {
    PUNCTUATION.chars().map(String::from).collect()
}
