//! Chat templates: words that a tokenizer puts around messages.

use serde_json::{Map, Value};

use super::{folder::ModelFolder, settings::file_settings::shortened};
use crate::error::Error;

const SETTING: &str = "chat_template";
// Where its settings are, and where a template has a file of its own.
const SETTINGS: &str = "tokenizer_config.json";
const FILE: &str = "chat_template.jinja";
const FOLDER: &str = "additional_chat_templates";

/// Refuses a chat template. sentence-transformers 6 puts texts into it where no modules.json says that the model reads texts
/// as they are.
pub(crate) fn refuse(folder: &ModelFolder) -> Result<(), Error> {
    let refused = |file: &str, found: &str| {
        let reason = format!(
            "expected none without a modules.json, found {found}: sentence-transformers 6 puts texts into it, which is not \
             done here; remove it, or save the model with a modules.json and without it"
        );
        Err(Error::Setting { path: folder.file(file), name: SETTING.to_owned(), reason })
    };
    if folder.has(SETTINGS) {
        let said: Map<String, Value> = folder.json(SETTINGS)?;
        if let Some(template) = said.get(SETTING).filter(|template| !template.is_null()) {
            return refused(SETTINGS, &shortened(&template.to_string()));
        }
    }
    let is_there = |file: &&str| folder.file(file).exists();
    [FILE, FOLDER].iter().find(|file| is_there(file)).map_or(Ok(()), |file| refused(file, "one"))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn refused(write: impl Fn(&Path)) -> Option<String> {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path());
        refuse(&ModelFolder::new(folder.path()).unwrap()).err().map(|error| error.to_string())
    }

    fn settings(json: &str) -> Option<String> {
        refused(|folder| std::fs::write(folder.join(SETTINGS), json).unwrap())
    }

    #[test]
    fn a_template_is_refused_wherever_it_stands() {
        for none in ["{}", r#"{"chat_template": null}"#] {
            assert_eq!(settings(none), None, "{none}");
        }
        let error = settings(r#"{"chat_template": "{{ messages }}"}"#).unwrap();
        assert!(error.contains("chat_template") && error.contains("{{ messages }}"), "{error}");
        let several = r#"{"chat_template": [{"name": "default", "template": ""}]}"#;
        assert!(settings(several).unwrap().contains("default"));
        let file = refused(|folder| std::fs::write(folder.join(FILE), "").unwrap()).unwrap();
        assert!(file.contains(FILE), "{file}");
        let more = refused(|folder| std::fs::create_dir(folder.join(FOLDER)).unwrap()).unwrap();
        assert!(more.contains(FOLDER), "{more}");
    }
}
