//! What a cross-encoder's folder says beside its transformer.

use serde::Deserialize;
use serde_json::Value;

use crate::{
    error::Error,
    model::{folder::ModelFolder, settings::cross_encoder},
    sentence::modules::{lists_parts, model_parts},
};

#[derive(Default, Deserialize)]
struct TextConfig {
    max_seq_length: Option<usize>,
}

/// The folder of the only part, and the longest pair that the folder allows, if it says so.
///
/// # Errors
/// [`Error::Config`] for other parts than one Transformer; [`Error::Setting`] for what would give other scores.
pub(super) fn only_part(folder: &ModelFolder) -> Result<(ModelFolder, Option<usize>), Error> {
    let parts = model_parts(folder)?;
    let [part] = parts.as_slice() else {
        let classes: Vec<_> = parts.iter().map(|part| part.class.as_str()).collect();
        let expected = "one Transformer: the folder of a cross-encoder";
        return Err(Error::config(&folder.file("modules.json"), "type", expected, classes.join(", ")));
    };
    if part.class != "Transformer" {
        return Err(Error::config(&folder.file("modules.json"), "type", "Transformer", &part.class));
    }
    // As in sentence-transformers.
    if !lists_parts(folder) {
        return Ok((part.folder.clone(), None));
    }
    let _: Value = folder.optional_settings("config_sentence_transformers.json", &cross_encoder::MODEL)?;
    let text: TextConfig =
        part.folder.optional_settings("sentence_bert_config.json", &cross_encoder::TEXT)?;
    Ok((part.folder.clone(), text.max_seq_length))
}
