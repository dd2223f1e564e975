//! config_sentence_transformers.json: what is put before a query and before an item, and what the vectors are meant for.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;

use super::modules::lists_parts;
use crate::{
    error::Error,
    model::{
        folder::ModelFolder,
        settings::{file_settings::FileSettings, sentence},
    },
};

pub(super) const FILE: &str = "config_sentence_transformers.json";

/// What a model says of itself as a whole.
#[derive(Default, Deserialize)]
pub(crate) struct ModelSettings {
    prompts: Option<HashMap<String, Option<String>>>,
    default_prompt_name: Option<String>,
    /// The similarity that the model is meant for, by its name.
    pub(crate) similarity_fn_name: Option<String>,
    /// How many components of each vector are kept.
    pub(crate) truncate_dim: Option<usize>,
    /// How many components of a sparse vector are kept at most, the largest.
    pub(crate) max_active_dims: Option<usize>,
}

/// The text before a query and the text before an item; empty where the model has none.
#[derive(Clone, Debug, Default)]
pub(crate) struct Prompts {
    pub(crate) query: String,
    pub(crate) item: String,
    /// All prompts by their names: those of the file, and `query` and `document`, which every model has.
    pub(crate) named: BTreeMap<String, String>,
}

impl Prompts {
    /// Whether queries or items have one.
    pub(crate) fn are_put_before_texts(&self) -> bool {
        !(self.query.is_empty() && self.item.is_empty())
    }
}

impl ModelSettings {
    /// What a folder says of its model; nothing where there is no modules.json, as in sentence-transformers.
    pub(crate) fn of_model(folder: &ModelFolder) -> Result<Self, Error> {
        if lists_parts(folder) { Self::read(folder) } else { Ok(Self::default()) }
    }

    pub(crate) fn read(folder: &ModelFolder) -> Result<Self, Error> {
        Self::read_as(folder, &sentence::MODEL)
    }

    /// As [`ModelSettings::read`], of a file with other settings than a sentence encoder's.
    pub(crate) fn read_as(folder: &ModelFolder, known: &FileSettings) -> Result<Self, Error> {
        let model: Self = folder.optional_settings(FILE, known)?;
        model.check(folder)?;
        Ok(model)
    }

    /// The prompts named `query` and `document`, as `encode_query` and `encode_document` of sentence-transformers 6 take
    /// them: every model has both names there, empty where the file has none or null, so that neither `passage` and
    /// `corpus` nor the default prompt is ever reached.
    pub(crate) fn prompts(&self) -> Prompts {
        let own = self.prompts.iter().flatten();
        let text = |prompt: &Option<String>| prompt.clone().unwrap_or_default();
        let mut named: BTreeMap<_, _> = own.map(|(name, prompt)| (name.clone(), text(prompt))).collect();
        let mut side = |name: &str| named.entry(name.to_owned()).or_default().clone();
        let (query, item) = (side("query"), side("document"));
        Prompts { query, item, named }
    }

    /// The prompts that the file has and no text is given.
    pub(crate) fn unused_prompts(&self) -> Vec<&str> {
        let prompts = self.prompts.iter().flatten();
        let unused = prompts.filter(|(name, prompt)| {
            !matches!(name.as_str(), "query" | "document")
                && prompt.as_ref().is_some_and(|text| !text.is_empty())
        });
        let mut names: Vec<_> = unused.map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names
    }

    fn check(&self, folder: &ModelFolder) -> Result<(), Error> {
        let path = folder.file(FILE);
        let has = |name: &str| {
            matches!(name, "query" | "document")
                || self.prompts.as_ref().is_some_and(|named| named.contains_key(name))
        };
        if let Some(name) = self.default_prompt_name.as_deref().filter(|name| !has(name)) {
            return Err(Error::config(&path, "default_prompt_name", "the name of one of the prompts", name));
        }
        const SIMILARITIES: [&str; 4] = ["cosine", "dot", "euclidean", "manhattan"];
        match self.similarity_fn_name.as_deref() {
            Some(name) if !SIMILARITIES.contains(&name) => {
                Err(Error::config(&path, "similarity_fn_name", SIMILARITIES.join(", "), name))
            }
            _ if self.truncate_dim == Some(0) => Err(Error::config(&path, "truncate_dim", "at least 1", 0)),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<ModelSettings, Error> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(FILE), json).unwrap();
        ModelSettings::read(&ModelFolder::new(folder.path()).unwrap())
    }

    fn prompts(json: &str) -> [String; 2] {
        let Prompts { query, item, .. } = read(json).unwrap().prompts();
        [query, item]
    }

    #[test]
    fn prompts_are_those_of_encode_query_and_encode_document() {
        assert_eq!(prompts(r#"{"prompts": {"query": "q: ", "document": "d: "}}"#), ["q: ", "d: "]);
        assert_eq!(prompts(r#"{"prompts": {"query": null, "document": "d: "}}"#), ["", "d: "]);
        assert_eq!(prompts(r#"{"prompts": {"query": "q: ", "passage": "p: "}}"#), ["q: ", ""]);
        assert_eq!(
            prompts(r#"{"prompts": {"retrieval": "r: "}, "default_prompt_name": "retrieval"}"#),
            ["", ""]
        );
        for none in ["{}", r#"{"prompts": {}}"#, r#"{"prompts": null}"#] {
            assert_eq!(prompts(none), ["", ""], "{none}");
        }
        let passage = read(r#"{"prompts": {"corpus": "", "passage": "p: ", "query": "q: "}}"#).unwrap();
        assert_eq!(passage.unused_prompts(), ["passage"]);
    }

    #[test]
    fn what_the_library_refuses_or_does_not_have_is_refused() {
        let refused = [
            (r#"{"default_prompt_name": "retrieval"}"#, "default_prompt_name"),
            (r#"{"similarity_fn_name": "maxsim"}"#, "similarity_fn_name"),
            (r#"{"truncate_dim": 0}"#, "truncate_dim"),
            (r#"{"model_type": "SparseEncoder"}"#, "model_type"),
            (r#"{"promts": {}}"#, "prompts"),
        ];
        for (json, named) in refused {
            let error = read(json).map(drop).unwrap_err().to_string();
            assert!(error.contains(named), "{json}: {error}");
        }
        read(r#"{"default_prompt_name": "query", "similarity_fn_name": null, "truncate_dim": null}"#)
            .unwrap();
    }
}
