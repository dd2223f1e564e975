//! config.json of CLIP (Radford et al., 2021), which has one part for each tower.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::settings::clip::CLIP;
use crate::error::Error;

/// The architecture of the text's tower.
pub(super) const TEXT_TOWER: &str = "clip_text_model";

/// The architecture of the images' tower.
pub(super) const IMAGE_TOWER: &str = "clip_vision_model";

/// The settings of the text's tower. Older files say a part only as far as it differs from the first CLIP, or twice.
pub(super) fn text_tower(path: &Path, said: &Map<String, Value>) -> Result<Map<String, Value>, Error> {
    let first = json!({
        "vocab_size": 49408, "hidden_size": 512, "intermediate_size": 2048, "num_hidden_layers": 12, "num_attention_heads": 8,
        "max_position_embeddings": 77,
    });
    tower(path, said, TEXT_TOWER, first, ["text_config", "text_config_dict"])
}

/// The settings of the images' tower, as those of a text that has a token for each patch, and one before them; and the pixels
/// of an image's side and of a patch's, and how many colours there are.
pub(super) fn image_tower(
    path: &Path,
    said: &Map<String, Value>,
) -> Result<(Map<String, Value>, [usize; 3]), Error> {
    let first = json!({
        "hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12, "num_attention_heads": 12, "num_channels": 3,
        "image_size": 224, "patch_size": 32,
    });
    let mut settings = match said.get("model_type").and_then(Value::as_str) {
        Some("clip") => tower(path, said, IMAGE_TOWER, first, ["vision_config", "vision_config_dict"])?,
        Some(IMAGE_TOWER) => said.clone(),
        other => {
            let expected = format!("clip or {IMAGE_TOWER}");
            return Err(Error::config(path, "model_type", expected, other.unwrap_or("none")));
        }
    };
    const LARGEST: usize = 1 << 14;
    let size = |name: &'static str, default: usize| {
        let size = settings.get(name).map_or(Some(default as u64), Value::as_u64).map(|size| size as usize);
        size.filter(|size| (1..=LARGEST).contains(size)).ok_or_else(|| {
            let found = settings.get(name).map_or_else(String::new, Value::to_string);
            Error::config(path, name, format!("between 1 and {LARGEST}"), found)
        })
    };
    let sizes = [size("image_size", 224)?, size("patch_size", 32)?, size("num_channels", 3)?];
    let [image, patch, _] = sizes;
    if patch > image {
        return Err(Error::config(path, "patch_size", format!("at most image_size {image}"), patch));
    }
    let tokens = 1 + (image / patch).pow(2);
    for name in ["vocab_size", "max_position_embeddings"] {
        settings.insert(name.to_owned(), tokens.into());
    }
    Ok((settings, sizes))
}

fn tower(
    path: &Path,
    said: &Map<String, Value>,
    name: &str,
    first: Value,
    parts: [&'static str; 2],
) -> Result<Map<String, Value>, Error> {
    CLIP.check(path, said)?;
    let mut settings = Map::new();
    for (field, part) in
        [(parts[0], Some(&first))].into_iter().chain(parts.map(|part| (part, said.get(part))))
    {
        match part {
            Some(Value::Object(part)) => settings.extend(part.clone()),
            None | Some(Value::Null) => {}
            Some(other) => return Err(Error::config(path, field, "an object", other)),
        }
    }
    settings.insert("model_type".to_owned(), name.into());
    for name in ["projection_dim", "architectures"] {
        if let Some(value) = said.get(name) {
            settings.insert(name.to_owned(), value.clone());
        }
    }
    Ok(settings)
}
