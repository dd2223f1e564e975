//! modules.json: which parts a sentence-transformers model is made of.

use std::collections::HashMap;

use serde::Deserialize;

use crate::{Error, model::ModelFolder};

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

/// The parts in order. A folder without modules.json is a transformer, pooled by the mean.
pub(crate) fn model_parts(folder: &ModelFolder) -> Result<Vec<ModelPart>, Error> {
    if !folder.has(LIST) {
        let class = "Transformer".to_owned();
        let folder = folder.clone();
        return Ok(vec![ModelPart { class, folder }]);
    }
    let listed: Vec<ListedModule> = folder.json(LIST)?;
    let parts = listed.into_iter().map(|module| {
        let class = module.class.rsplit('.').next().unwrap_or_default().to_owned();
        let folder =
            if stores_files(&class) { folder.inner_folder(LIST, &module.path)? } else { folder.clone() };
        Ok(ModelPart { class, folder })
    });
    parts.collect()
}

/// Normalising and dropout have nothing to store, so their folder may be absent.
fn stores_files(class: &str) -> bool {
    !matches!(class, "Normalize" | "Dropout")
}

const ROUTES: &str = "router_config.json";

#[derive(Deserialize)]
struct RouterConfig {
    types: HashMap<String, String>,
    structure: HashMap<String, Vec<String>>,
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
    let config: RouterConfig = router.folder.json(listed_in)?;
    let route = |names: &[&str]| {
        let path = router.folder.file(listed_in);
        let found = || format!("{:?}", config.structure.keys());
        let route = names.iter().find_map(|name| config.structure.get(*name));
        let route = route.ok_or_else(|| Error::config(&path, "structure", names.join(" or "), found()))?;
        let own = route.iter().map(|name| {
            let class =
                config.types.get(name).map_or("", |class| class.rsplit('.').next().unwrap_or_default());
            let inner = || router.folder.inner_folder(listed_in, name);
            let folder = if stores_files(class) { inner()? } else { router.folder.clone() };
            Ok(ModelPart { class: class.to_owned(), folder })
        });
        own.chain(parts[1..].iter().cloned().map(Ok)).collect::<Result<Vec<_>, Error>>()
    };
    Ok([route(&["query"])?, route(&["document", "passage", "doc", "item"])?])
}
