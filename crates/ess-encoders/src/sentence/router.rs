//! Routers: parts of a model that send queries and items different ways.

use std::{
    collections::{BTreeMap, HashMap},
    path::PathBuf,
};

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    modules::{ModelPart, OWN, class_name, part},
    route_mappings::RouteMappings,
};
use crate::{
    error::Error,
    model::{folder::ModelFolder, settings::sentence},
};

/// What routers were called before release 5, and are called since.
const CLASSES: [&str; 2] = ["Asym", "Router"];
const FILE: &str = "router_config.json";
/// The file of an `Asym`.
const OLDER_FILE: &str = "config.json";
/// The tasks of queries and of items, each with other names that its route has in older models.
const TASKS: [(&str, &[&str]); 2] = [("query", &[]), ("document", &["passage", "doc", "item"])];

#[derive(Deserialize)]
struct RouterConfig {
    types: HashMap<String, String>,
    structure: BTreeMap<String, Vec<String>>,
    parameters: Option<Map<String, Value>>,
}

#[derive(Deserialize)]
struct Parameters {
    default_route: Option<String>,
    route_mappings: Option<BTreeMap<String, String>>,
}

/// Whether a class is that of a router.
pub(super) fn is_router(class: &str) -> bool {
    CLASSES.contains(&class)
}

/// The parts on the way of queries and of items: those before a router and behind it are on both. `None` where there is no
/// router, so that both go the same way.
pub(crate) fn both_ways(parts: &[ModelPart]) -> Result<Option<[Vec<ModelPart>; 2]>, Error> {
    if !parts.iter().any(|part| is_router(&part.class)) {
        return Ok(None);
    }
    let mut ways = [Vec::new(), Vec::new()];
    for part in parts {
        if is_router(&part.class) {
            let router = Router::read(&part.folder)?;
            for (way, (task, others)) in ways.iter_mut().zip(TASKS) {
                let route = router.route(task, others)?;
                way.extend(router.parts(route, way.is_empty())?);
            }
        } else {
            ways.iter_mut().for_each(|way| way.push(part.clone()));
        }
    }
    Ok(Some(ways))
}

/// A router's own file.
struct Router {
    folder: ModelFolder,
    file: &'static str,
    path: PathBuf,
    types: HashMap<String, String>,
    structure: BTreeMap<String, Vec<String>>,
    mappings: RouteMappings,
}

impl Router {
    fn read(folder: &ModelFolder) -> Result<Self, Error> {
        let file = if folder.has(FILE) { FILE } else { OLDER_FILE };
        let path = folder.file(file);
        let config: RouterConfig = folder.settings(file, &sentence::ROUTER)?;
        let given = config.parameters.unwrap_or_default();
        sentence::ROUTER_PARAMETERS.check(&path, &given)?;
        let malformed = |cause| Error::Json { path: path.clone(), cause };
        let given: Parameters = serde_json::from_value(Value::Object(given)).map_err(malformed)?;
        let mappings = RouteMappings::read(&path, given.route_mappings.unwrap_or_default())?;
        let (types, structure, folder) = (config.types, config.structure, folder.clone());
        let router = Self { folder, file, path, types, structure, mappings };
        // It is the route of texts that are neither queries nor items, of which there are none here.
        given.default_route.iter().try_for_each(|route| router.check("default_route", route))?;
        router.mappings.routes().try_for_each(|route| router.check("route_mappings", route))?;
        Ok(router)
    }

    /// Refuses the name of a route that there is not.
    fn check(&self, field: &'static str, route: &str) -> Result<(), Error> {
        match self.structure.contains_key(route) {
            true => Ok(()),
            false => Err(Error::config(&self.path, field, format!("one of {}", self.routes()), route)),
        }
    }

    fn routes(&self) -> String {
        let names: Vec<_> = self.structure.keys().map(String::as_str).collect();
        format!("the routes {}", names.join(", "))
    }

    /// The route of the texts of a task: by the mappings, else the one of the task's name, else the one that is named after
    /// texts, as in sentence-transformers 6; else one of another name.
    fn route(&self, task: &str, others: &[&str]) -> Result<&str, Error> {
        let mapped = self.mappings.route(task).into_iter();
        let mut names = mapped.chain([task, "text"]).chain(others.iter().copied());
        let found = names.find_map(|name| self.structure.get_key_value(name));
        found.map(|(name, _)| name.as_str()).ok_or_else(|| {
            let names = [&[task, "text"][..], others].concat().join(", ");
            Error::config(&self.path, "structure", format!("a route named {names}"), self.routes())
        })
    }

    /// The parts of a route; `first` where no other part is before them.
    fn parts(&self, route: &str, first: bool) -> Result<Vec<ModelPart>, Error> {
        let names = self.structure.get(route).map_or(&[][..], Vec::as_slice);
        if first && names.is_empty() {
            let expected = format!("a module at least in the route {route}");
            return Err(Error::config(&self.path, "structure", expected, "none"));
        }
        names.iter().map(|name| self.part(name)).collect()
    }

    fn part(&self, name: &str) -> Result<ModelPart, Error> {
        let class = self.types.get(name).ok_or_else(|| {
            let expected = format!("the class of {name}, which is in structure");
            Error::config(&self.path, "types", expected, "none")
        })?;
        let part = part(&self.folder, self.file, class_name(&self.path, class, OWN)?, name)?;
        match is_router(&part.class) {
            true => Err(part.refused(format!("a module that is no router as {name}"), &part.class)),
            false => Ok(part),
        }
    }
}
