//! A chosen searching operation in a folder: a searching module of kind "auto" beside `plan-CHECKSUM.json`.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use ess_core::Embeddings;
use ess_files::{Checksum, FolderLock, write_atomically};
use ess_lexical::TextAnalyzer;
use ess_search::{Attachments, HostTensor, ModuleDescription, ModuleState};
use serde::{Deserialize, Serialize};

use super::{
    auto_module::AutoModule,
    plan::{NamedEncodings, Plan},
};
use crate::{
    error::Error,
    features::table::{register_encoding, register_scores},
    input::encoding_kind::EncodingKind,
    validation::trial::Learns,
};

/// The kind under which the module's manifest names it.
const KIND: &str = "auto";
const VERSION: u32 = 1;
const QUERIES: &str = "queries";
/// What a trial without a trained module was called by earlier versions.
const NO_HEAD: &str = "no head";

/// What the manifest says beside the matrices.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    version: u32,
    plan: String,
    checksum: String,
    #[serde(alias = "heads")]
    modules: BTreeMap<String, ModuleDescription>,
}

impl AutoModule {
    /// Writes it into a folder, which is made if need be. What was there before stays whole until the new one is.
    ///
    /// # Errors
    /// [`Error::Files`] or [`Error::Search`] when the folder cannot be written, or another writes it at the moment.
    pub fn save(&self, folder: &Path) -> Result<(), Error> {
        self.save_in(&mut FolderLock::acquire(folder)?)
    }

    /// As [`AutoModule::save`], into a folder that the caller keeps for itself already.
    ///
    /// # Errors
    /// Those of [`AutoModule::save`].
    pub fn save_in(&self, lock: &mut FolderLock) -> Result<(), Error> {
        self.save_with(&Attachments::default(), lock)
    }

    /// As [`AutoModule::save_in`], with documents that belong to the choice, such as its settings, in one step.
    ///
    /// # Errors
    /// Those of [`AutoModule::save`] and of [`ModuleState::save_with`].
    pub fn save_with(&self, attached: &Attachments, lock: &mut FolderLock) -> Result<(), Error> {
        let plan = serde_json::to_vec(&self.plan).map_err(ess_core::Error::external)?;
        let checksum = Checksum::of(&plan).to_string();
        let file = format!("plan-{}.json", checksum.trim_start_matches("xxh3-64:"));
        lock.announce(&[&file])?;
        write_atomically(&lock.folder().join(&file), |out| out.write_all(&plan))?;
        let mut tensors = BTreeMap::new();
        let shape = vec![self.queries.len(), self.queries.dim()];
        let queries = HostTensor::new(QUERIES, shape, self.queries.as_slice().to_vec())?;
        tensors.insert(QUERIES.to_owned(), queries);
        for (number, module) in self.modules.values().enumerate() {
            tensors.extend(
                module.tensors.iter().map(|(name, tensor)| (module_tensor(number, name), tensor.clone())),
            );
        }
        let modules =
            self.modules.iter().map(|(name, module)| (name.clone(), module.description.clone())).collect();
        let config = Config { version: VERSION, plan: file, checksum, modules };
        let config = serde_json::to_value(config).map_err(ess_core::Error::external)?;
        let description =
            ModuleDescription { kind: KIND.to_owned(), query_dim: self.dim(), item_dim: self.dim(), config };
        Ok(ModuleState { description, tensors }.save_with(attached, lock)?)
    }

    /// Reads one from a folder and checks it; `None` when the folder has a searching module of another kind.
    ///
    /// # Errors
    /// Those of [`ModuleState::load`]; [`Error::Io`] or [`Error::Format`] for a plan that is missing, torn, altered or
    /// of another version.
    pub fn load(folder: &Path) -> Result<Option<Self>, Error> {
        let mut state = ModuleState::load(folder)?;
        if state.description.kind != KIND {
            return Ok(None);
        }
        let manifest = folder.join("module.json");
        let version = state.description.config.get("version").and_then(serde_json::Value::as_u64);
        if version != Some(VERSION.into()) {
            let found = version.map_or("none".to_owned(), |version| version.to_string());
            return Err(format_error(&manifest, &format!("version {VERSION} of an auto module"), &found));
        }
        let config: Config = serde_json::from_value(state.description.config.clone())
            .map_err(|error| format_error(&manifest, "the config of an auto module", &error.to_string()))?;
        let plan = read_plan(folder, &manifest, &config)?;
        let modules = modules(&mut state, &config);
        check_names(&manifest, &plan, &modules)?;
        let queries = queries(&manifest, &state, &plan)?;
        let module = Self { plan, modules, queries };
        if module.has_other_stems() {
            tracing::warn!(
                folder = %folder.display(),
                stems = module.plan.stems.as_deref().unwrap_or("not said"),
                "chosen with other stems than {}: its weights were fitted to other words",
                TextAnalyzer::RULES,
            );
        }
        Ok(Some(module))
    }
}

fn module_tensor(number: usize, name: &str) -> String {
    // The word is of the first version.
    format!("head.{number}.{name}")
}

fn read_plan(folder: &Path, manifest: &Path, config: &Config) -> Result<Plan, Error> {
    if Path::new(&config.plan).file_name() != Some(config.plan.as_ref()) {
        return Err(format_error(manifest, "a file name for the plan", &config.plan));
    }
    let path = folder.join(&config.plan);
    let bytes = std::fs::read(&path).map_err(|cause| Error::Io { path: path.clone(), cause })?;
    let found = Checksum::of(&bytes).to_string();
    if found != config.checksum {
        return Err(format_error(&path, &format!("checksum {}", config.checksum), &found));
    }
    register_encodings(&path, &bytes)?;
    let plan: Plan =
        serde_json::from_slice(&bytes).map_err(|error| format_error(&path, "a plan", &error.to_string()))?;
    plan.check().map_err(|(expected, found)| format_error(&path, &expected, &found))?;
    Ok(plan)
}

/// Makes the features of a plan's further encodings known, which its weights name.
fn register_encodings(path: &Path, plan: &[u8]) -> Result<(), Error> {
    let named: NamedEncodings =
        serde_json::from_slice(plan).map_err(|error| format_error(path, "a plan", &error.to_string()))?;
    for (name, kind) in &named.encodings {
        let registered = match kind {
            EncodingKind::Scores => register_scores(name),
            _ => register_encoding(name),
        };
        registered.map_err(|error| format_error(path, "names of further encodings", &error.to_string()))?;
    }
    Ok(())
}

/// The trained modules with their tensors; whether these fit is found out when a module is built.
fn modules(state: &mut ModuleState, config: &Config) -> BTreeMap<String, ModuleState> {
    let module = |(number, (name, description)): (usize, (&String, &ModuleDescription))| {
        let prefix = module_tensor(number, "");
        let own =
            state.tensors.iter().filter_map(|(name, tensor)| Some((name.strip_prefix(&prefix)?, tensor)));
        let tensors = own.map(|(name, tensor)| (name.to_owned(), tensor.clone())).collect();
        (name.clone(), ModuleState { description: description.clone(), tensors })
    };
    config.modules.iter().enumerate().map(module).collect()
}

/// A choice that names a module which is not there, and a module that no choice names, are damage.
fn check_names(manifest: &Path, plan: &Plan, modules: &BTreeMap<String, ModuleState>) -> Result<(), Error> {
    let choices = || [Some(&plan.dense), plan.hybrid.as_ref()].into_iter().flatten();
    let named: BTreeSet<&str> = choices().filter_map(|choice| choice.trial.as_deref()).collect();
    let without_module = [Learns::Nothing.name(), Learns::Neighbours.name(), NO_HEAD];
    let missing = named.iter().find(|name| !without_module.contains(name) && !modules.contains_key(**name));
    if let Some(name) = missing {
        return Err(format_error(
            manifest,
            &format!("the trained module {name:?} that is chosen"),
            "none of that name",
        ));
    }
    match modules.keys().find(|name| !named.contains(name.as_str())) {
        Some(name) => Err(format_error(manifest, "trained modules that are chosen", &format!("{name:?}"))),
        None => Ok(()),
    }
}

fn queries(manifest: &Path, state: &ModuleState, plan: &Plan) -> Result<Embeddings, Error> {
    let expected = [plan.neighbours.values.len(), state.description.query_dim];
    let texts = plan.neighbours.texts.as_ref().map_or(expected[0], Vec::len);
    let count = plan
        .neighbours
        .values
        .iter()
        .flatten()
        .map(|(position, _)| *position as usize + 1)
        .max()
        .unwrap_or(0);
    let tensor = state.tensors.get(QUERIES).filter(|tensor| tensor.shape() == expected);
    match tensor.filter(|_| texts == expected[0] && count <= plan.neighbours.items.len()) {
        Some(tensor) => Ok(Embeddings::from_vec(tensor.values().to_vec(), expected[1])?),
        None => {
            let expected = format!("{} training queries of {} dimensions", expected[0], expected[1]);
            let found = state.tensors.get(QUERIES).map(|tensor| tensor.shape().to_vec());
            Err(format_error(manifest, &expected, &format!("{found:?}, {texts} texts, items up to {count}")))
        }
    }
}

fn format_error(path: &Path, expected: &str, found: &str) -> Error {
    Error::Format { path: path.to_owned(), expected: expected.to_owned(), found: found.to_owned() }
}
