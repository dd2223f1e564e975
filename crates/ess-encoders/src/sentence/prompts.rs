//! config_sentence_transformers.json: what is put before a query and before an item.

use std::collections::HashMap;

use serde::Deserialize;

use crate::{Error, model::ModelFolder};

#[derive(Default, Deserialize)]
struct PromptConfig {
    #[serde(default)]
    prompts: HashMap<String, String>,
    default_prompt_name: Option<String>,
}

/// The text before a query and the text before an item; empty where the model has none.
#[derive(Clone, Debug, Default)]
pub(crate) struct Prompts {
    pub(crate) query: String,
    pub(crate) item: String,
}

impl Prompts {
    pub(crate) fn read(folder: &ModelFolder) -> Result<Self, Error> {
        let config: PromptConfig = folder.optional_json("config_sentence_transformers.json")?;
        let first_of = |names: &[&str]| {
            let default = config.default_prompt_name.as_deref();
            let mut names = names.iter().copied().chain(default);
            names.find_map(|name| config.prompts.get(name)).cloned().unwrap_or_default()
        };
        Ok(Self { query: first_of(&["query"]), item: first_of(&["document", "passage", "corpus"]) })
    }
}
