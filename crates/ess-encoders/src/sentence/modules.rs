//! modules.json: which parts a sentence-transformers model is made of.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use crate::{
    error::Error,
    model::{chat_template, folder::ModelFolder, settings::sentence},
};

pub(super) const LIST: &str = "modules.json";

/// The class of a table of token vectors.
pub(super) const STATIC: &str = "StaticEmbedding";

#[derive(Deserialize)]
struct ListedModule {
    path: String,
    #[serde(rename = "type")]
    class: String,
}

/// One part of a model, and its folder.
#[derive(Clone, Debug)]
pub(crate) struct ModelPart {
    /// The last part of the Python class name: `Transformer`, `Pooling`, …
    pub(crate) class: String,
    pub(crate) folder: ModelFolder,
    /// The file that says its class.
    listed_in: PathBuf,
}

impl ModelPart {
    /// The error of a part that stands where another should; `found` is its class, or those of all parts.
    pub(crate) fn refused(&self, expected: impl Into<String>, found: impl ToString) -> Error {
        Error::config(&self.listed_in, field(&self.listed_in), expected, found)
    }
}

pub(super) const OWN: &[&str] = &["sentence_transformers"];

/// What the class of a part stands under: a router has a map of them.
fn field(listed_in: &Path) -> &'static str {
    if listed_in.ends_with(LIST) { "type" } else { "types" }
}

/// The last part of a class's name; a class of another package would run its own code.
pub(super) fn class_name(listed_in: &Path, class: &str, packages: &[&str]) -> Result<String, Error> {
    match class.rsplit_once('.') {
        Some((package, name)) if package.split('.').next().is_some_and(|root| packages.contains(&root)) => {
            Ok(name.to_owned())
        }
        _ => {
            let expected = format!("a class of {}", packages.join(" or "));
            Err(Error::config(listed_in, field(listed_in), expected, class))
        }
    }
}

/// Whether the folder says which parts it has.
pub(crate) fn lists_parts(folder: &ModelFolder) -> bool {
    folder.has(LIST)
}

/// The classes of the parts in order.
pub(crate) fn listed_classes(folder: &ModelFolder) -> Result<Vec<String>, Error> {
    let listed = listed(folder)?.into_iter();
    listed.map(|module| class_name(&folder.file(LIST), &module.class, OWN)).collect()
}

/// The folders of the parts, as paths inside the model's; none where the folder does not say which it has.
#[cfg(feature = "train")]
pub(crate) fn listed_folders(folder: &ModelFolder) -> Result<Vec<PathBuf>, Error> {
    if !lists_parts(folder) {
        return Ok(Vec::new());
    }
    let inner = |module: ListedModule| -> Result<PathBuf, Error> {
        folder.inner_file(LIST, &module.path)?;
        Ok(PathBuf::from(module.path))
    };
    listed(folder)?.into_iter().map(inner).collect()
}

/// What modules.json lists.
fn listed(folder: &ModelFolder) -> Result<Vec<ListedModule>, Error> {
    let path = folder.file(LIST);
    let listed: Vec<Value> = folder.json(LIST)?;
    let read = |module: Value| {
        if let Value::Object(module) = &module {
            sentence::LISTED_MODULE.check(&path, module)?;
        }
        serde_json::from_value(module).map_err(|cause| Error::Json { path: path.clone(), cause })
    };
    listed.into_iter().map(read).collect()
}

/// The parts in order. A folder without modules.json is a transformer, pooled by the mean; one with a chat template is refused.
pub(crate) fn model_parts(folder: &ModelFolder) -> Result<Vec<ModelPart>, Error> {
    model_parts_of(folder, OWN)
}

/// The same with classes of these packages.
pub(crate) fn model_parts_of(folder: &ModelFolder, packages: &[&str]) -> Result<Vec<ModelPart>, Error> {
    if !folder.has(LIST) {
        chat_template::refuse(folder)?;
        let class = "Transformer".to_owned();
        let (folder, listed_in) = (folder.clone(), folder.file(LIST));
        return Ok(vec![ModelPart { class, folder, listed_in }]);
    }
    let path = folder.file(LIST);
    let parts = listed(folder)?.into_iter().map(|module| {
        let class = class_name(&path, &module.class, packages)?;
        part(folder, LIST, class, &module.path)
    });
    parts.collect()
}

/// One part and its folder. Normalising and dropout have no weights, so their folder may be absent.
pub(super) fn part(
    model: &ModelFolder,
    listed_in: &str,
    class: String,
    path: &str,
) -> Result<ModelPart, Error> {
    let inner = model.inner_folder(listed_in, path);
    let has_no_weights = matches!(class.as_str(), "Normalize" | "Dropout");
    if class == "Normalize" && !path.is_empty() {
        // Nothing but settings which say that another vector is meant.
        let _: Value = match &inner {
            Ok(folder) => folder.optional_settings("config.json", &sentence::NORMALIZE)?,
            Err(_) => Value::Null,
        };
    }
    let folder = if has_no_weights { model.clone() } else { inner? };
    Ok(ModelPart { class, folder, listed_in: model.file(listed_in) })
}
