//! config.json of CLIP (Radford et al., 2021), which has one part for each tower.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::settings::clip::CLIP;
use crate::error::Error;

/// The architecture of the text's tower.
pub(super) const TEXT_TOWER: &str = "clip_text_model";

/// The settings of the text's tower. Older files say a part only as far as it differs from the first CLIP, or twice.
pub(super) fn text_tower(path: &Path, said: &Map<String, Value>) -> Result<Map<String, Value>, Error> {
    CLIP.check(path, said)?;
    let first = json!({
        "vocab_size": 49408, "hidden_size": 512, "intermediate_size": 2048, "num_hidden_layers": 12, "num_attention_heads": 8,
        "max_position_embeddings": 77,
    });
    let mut settings = Map::new();
    let parts = [Some(&first), said.get("text_config"), said.get("text_config_dict")];
    for part in parts.into_iter().flatten() {
        match part {
            Value::Object(part) => settings.extend(part.clone()),
            Value::Null => {}
            other => return Err(Error::config(path, "text_config", "an object", other)),
        }
    }
    settings.insert("model_type".to_owned(), TEXT_TOWER.into());
    for name in ["projection_dim", "architectures"] {
        if let Some(value) = said.get(name) {
            settings.insert(name.to_owned(), value.clone());
        }
    }
    Ok(settings)
}
