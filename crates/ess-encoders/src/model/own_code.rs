//! Folders whose config.json is that of code beside the weights, read as if transformers had written it.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::{
    clip_config::{TEXT_TOWER, text_tower},
    settings::encoders,
};
use crate::error::Error;

/// What JinaBERT is called here: its own files call it BERT.
pub(crate) const JINA: &str = "jina_bert";
/// The same of the JinaBERT whose queries and keys are normalised.
pub(crate) const JINA_POST_NORM: &str = "jina_bert_qk_post_norm";

/// Nomic's names, and those of transformers.
const NOMIC_NAMES: [(&str, &str); 7] = [
    ("layer_norm_epsilon", "layer_norm_eps"),
    ("n_embd", "hidden_size"),
    ("n_head", "num_attention_heads"),
    ("n_inner", "intermediate_size"),
    ("n_layer", "num_hidden_layers"),
    ("n_positions", "max_position_embeddings"),
    ("rotary_emb_base", "rope_theta"),
];
const NOMIC_KEPT: [&str; 4] = ["architectures", "model_type", "pad_token_id", "type_vocab_size"];
/// What Nomic's code takes for granted is another model where the file does not say it.
const NOMIC_NEEDED: [&str; 5] =
    ["activation_function", "mlp_fc1_bias", "mlp_fc2_bias", "qkv_proj_bias", "rotary_emb_fraction"];
/// Up to how many positions Nomic's models were trained, where the file does not say it.
const NOMIC_TRAINED: u64 = 2048;

/// The architecture's name here, and its settings by the names of transformers.
pub(super) fn translated<'t>(
    path: &Path,
    model_type: &'t str,
    said: Map<String, Value>,
) -> Result<(&'t str, Map<String, Value>), Error> {
    let is_jina = said.get("position_embedding_type").and_then(Value::as_str) == Some("alibi");
    match model_type {
        "bert" if is_jina => Ok((jina(&said), said)),
        "clip" => text_tower(path, &said).map(|settings| (TEXT_TOWER, settings)),
        "nomic_bert" if said.contains_key("n_embd") => {
            nomic(path, &said).map(|settings| (model_type, settings))
        }
        _ => Ok((model_type, said)),
    }
}

/// Which of the two JinaBERTs a folder has: their settings are the same, and only the code that they name is another. The tensors
/// of one are not found in the other.
fn jina(said: &Map<String, Value>) -> &'static str {
    const CODE: &str = "qk-post-norm";
    let names_it = |name: &str| said.get(name).is_some_and(|value| value.to_string().contains(CODE));
    if ["_name_or_path", "auto_map"].into_iter().any(names_it) { JINA_POST_NORM } else { JINA }
}

fn nomic(path: &Path, said: &Map<String, Value>) -> Result<Map<String, Value>, Error> {
    encoders::NOMIC_OWN.check(path, said)?;
    if let Some(missing) = NOMIC_NEEDED.into_iter().find(|name| !said.contains_key(*name)) {
        return Err(Error::config(path, missing, "a value", "none"));
    }
    let mut settings = Map::new();
    for (own, name) in NOMIC_NAMES {
        let value = said.get(own).cloned().unwrap_or(Value::Null);
        if let Some(other) = said.get(name).filter(|other| **other != value) {
            return Err(Error::config(path, name, format!("{value} as {own} says"), other));
        }
        if !value.is_null() {
            settings.insert(name.to_owned(), value);
        }
    }
    let kept = NOMIC_KEPT.iter().filter_map(|name| Some(((*name).to_owned(), said.get(*name)?.clone())));
    settings.extend(kept);
    let number = |name: &str| said.get(name).and_then(Value::as_u64);
    // Behind the positions that it was trained on, a text's base depends on its length: texts are cut there.
    if said.get("rotary_scaling_factor").is_some_and(|factor| !factor.is_null()) {
        let trained = number("max_trained_positions").unwrap_or(NOMIC_TRAINED);
        let positions = number("n_positions").unwrap_or(trained).min(trained);
        settings.insert("max_position_embeddings".to_owned(), positions.into());
        settings.insert("rope_scaling".to_owned(), json!({"rope_type": "dynamic"}));
    }
    if let Some(words) = number("vocab_size") {
        let multiple = number("pad_vocab_size_multiple").unwrap_or(1).max(1);
        let rows = words.checked_next_multiple_of(multiple).unwrap_or(u64::MAX);
        settings.insert("vocab_size".to_owned(), rows.into());
    }
    Ok(settings)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(said: Value) -> Result<Map<String, Value>, Error> {
        let Value::Object(said) = said else { panic!("settings are an object") };
        translated(Path::new("config.json"), "nomic_bert", said).map(|(_, settings)| settings)
    }

    #[test]
    fn nomics_names_become_those_of_transformers() {
        let said = json!({
            "model_type": "nomic_bert", "n_embd": 16, "n_head": 4, "n_inner": 24, "n_layer": 2, "n_positions": 8192,
            "rotary_emb_base": 1000, "rotary_emb_fraction": 1.0, "rotary_scaling_factor": 2, "activation_function": "swiglu",
            "qkv_proj_bias": false, "mlp_fc1_bias": false, "mlp_fc2_bias": false, "vocab_size": 30, "pad_vocab_size_multiple": 16,
        });
        let found = of(said.clone()).unwrap();
        for (name, value) in
            [("hidden_size", 16), ("vocab_size", 32), ("max_position_embeddings", 2048), ("rope_theta", 1000)]
        {
            assert_eq!(found[name], value, "{name}");
        }
        assert_eq!(found["rope_scaling"], json!({"rope_type": "dynamic"}));
        let refused = [
            ("qkv_proj_bias", json!(true)),
            ("rotary_emb_fraction", json!(0.5)),
            ("num_experts", json!(8)),
            ("hidden_size", json!(32)),
            ("activation_function", json!("gelu")),
        ];
        for (name, value) in refused {
            let mut said = said.clone();
            said[name] = value;
            let error = of(said).unwrap_err().to_string();
            assert!(error.contains(name), "{name}: {error}");
        }
        let mut silent = said;
        silent.as_object_mut().unwrap().remove("qkv_proj_bias");
        assert!(of(silent).unwrap_err().to_string().contains("qkv_proj_bias"));
    }
}
