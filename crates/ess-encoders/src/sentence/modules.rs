//! modules.json: which parts a sentence-transformers model is made of.

#[cfg(feature = "train")]
use std::path::PathBuf;
use std::{collections::HashMap, path::Path};

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{
    error::Error,
    model::{folder::ModelFolder, settings::sentence},
};

const LIST: &str = "modules.json";

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
}

const OWN: &[&str] = &["sentence_transformers"];

/// The last part of a class's name; a class of another package would run its own code.
fn class_name(listed_in: &Path, class: &str, packages: &[&str]) -> Result<String, Error> {
    match class.rsplit_once('.') {
        Some((package, name)) if package.split('.').next().is_some_and(|root| packages.contains(&root)) => {
            Ok(name.to_owned())
        }
        _ => Err(Error::config(listed_in, "type", format!("a class of {}", packages.join(" or ")), class)),
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

/// The parts in order. A folder without modules.json is a transformer, pooled by the mean.
pub(crate) fn model_parts(folder: &ModelFolder) -> Result<Vec<ModelPart>, Error> {
    model_parts_of(folder, OWN)
}

/// The same with classes of these packages.
pub(crate) fn model_parts_of(folder: &ModelFolder, packages: &[&str]) -> Result<Vec<ModelPart>, Error> {
    if !folder.has(LIST) {
        let class = "Transformer".to_owned();
        let folder = folder.clone();
        return Ok(vec![ModelPart { class, folder }]);
    }
    let path = folder.file(LIST);
    let parts = listed(folder)?.into_iter().map(|module| {
        let class = class_name(&path, &module.class, packages)?;
        part(folder, LIST, class, &module.path)
    });
    parts.collect()
}

/// One part and its folder. Normalising and dropout have no weights, so their folder may be absent.
fn part(model: &ModelFolder, listed_in: &str, class: String, path: &str) -> Result<ModelPart, Error> {
    let inner = model.inner_folder(listed_in, path);
    if !matches!(class.as_str(), "Normalize" | "Dropout") {
        return Ok(ModelPart { class, folder: inner? });
    }
    if class == "Normalize" && !path.is_empty() {
        // Nothing but settings which say that another vector is meant.
        let _: Value = match &inner {
            Ok(folder) => folder.optional_settings("config.json", &sentence::NORMALIZE)?,
            Err(_) => Value::Null,
        };
    }
    Ok(ModelPart { class, folder: model.clone() })
}

const ROUTES: &str = "router_config.json";

#[derive(Deserialize)]
struct RouterConfig {
    types: HashMap<String, String>,
    structure: HashMap<String, Vec<String>>,
    parameters: Option<Map<String, Value>>,
}

/// The parts on the way of a query and on the way of an item, of a model that has two.
pub(crate) fn routed_parts(folder: &ModelFolder) -> Result<[Vec<ModelPart>; 2], Error> {
    let parts = model_parts(folder)?;
    let Some(router) = parts.first().filter(|part| matches!(part.class.as_str(), "Router" | "Asym")) else {
        let found = parts.first().map_or("none", |part| part.class.as_str());
        return Err(Error::config(&folder.file(LIST), "type", "Router as the first module", found));
    };
    // Routers were called Asym, and kept this in config.json.
    let listed_in = if router.folder.has(ROUTES) { ROUTES } else { "config.json" };
    let config: RouterConfig = router.folder.settings(listed_in, &sentence::ROUTER)?;
    let path = router.folder.file(listed_in);
    config
        .parameters
        .iter()
        .try_for_each(|parameters| sentence::ROUTER_PARAMETERS.check(&path, parameters))?;
    let route = |names: &[&str]| {
        let found = || format!("{:?}", config.structure.keys());
        let route = names.iter().find_map(|name| config.structure.get(*name));
        let route = route.ok_or_else(|| Error::config(&path, "structure", names.join(" or "), found()))?;
        let own = route.iter().map(|name| {
            let class = config.types.get(name).map_or("", String::as_str);
            let class = class_name(&path, class, OWN)?;
            part(&router.folder, listed_in, class, name)
        });
        own.chain(parts[1..].iter().cloned().map(Ok)).collect::<Result<Vec<_>, Error>>()
    };
    Ok([route(&["query"])?, route(&["document", "passage", "doc", "item"])?])
}
