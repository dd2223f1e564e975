//! What is measured by searching: the frozen encoder and modules.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use burn::tensor::Device;
use ess_auto::{AutoConfig, AutoModule};
use ess_core::{Identity, TokenStates};
use ess_index::FlatIndex;
use ess_kit::{Dataset, JudgedQueries};
use ess_metrics::Run;
use ess_search::{ItemSide, ModuleState, PersistentModule, Registry, TwoSided};

use crate::{
    automatic::{collection, search_automatically},
    data::beir_texts::BeirTexts,
    settings::run_config::RunConfig,
};

/// A way to search.
pub(crate) enum System {
    Module(TwoSided),
    /// A module that reads token states.
    OverTokens(Box<dyn PersistentModule<TokenStates>>),
    /// A module that reads so many items of a first pass.
    Feedback(Box<dyn PersistentModule<TokenStates>>, usize),
    /// What was chosen automatically, and whether it may look at texts.
    Auto {
        module: Box<AutoModule>,
        words: bool,
    },
}

/// The frozen encoder, where there is one, and the modules by name.
pub(crate) fn load_all(
    modules: &[PathBuf],
    texts: bool,
    dataset: &Dataset,
    device: &Device,
) -> Result<Vec<(String, System)>> {
    let (query_dim, item_dim) = (dataset.query_dim(), dataset.items().dim());
    let mut systems: Vec<(String, System)> = Vec::new();
    if query_dim == item_dim {
        let frozen = TwoSided::new(Box::new(Identity::new(item_dim)), ItemSide::Frozen)?;
        systems.push(("frozen".to_owned(), System::Module(frozen)));
    }
    for folder in modules {
        let (dims, loaded) = load_any(folder, texts, device)?;
        let query_dim = match loaded[..] {
            [(_, System::OverTokens(_))] => dataset.token_dim()?,
            _ => query_dim,
        };
        ensure!(
            dims == (query_dim, item_dim),
            "{}: the module maps {} to {} dimensions, but queries have {query_dim} and items {item_dim}",
            folder.display(),
            dims.0,
            dims.1,
        );
        for (suffix, system) in loaded {
            let name = name_of(folder, suffix, &systems)?;
            systems.push((name, system));
        }
    }
    Ok(systems)
}

/// The name of a folder or, where that is taken, its path.
fn name_of(folder: &Path, suffix: &str, systems: &[(String, System)]) -> Result<String> {
    let taken = |name: &String| systems.iter().any(|(other, _)| other == name);
    let short = folder.file_name().map(|name| format!("{}{suffix}", name.to_string_lossy()));
    let name = short.filter(|name| !taken(name)).unwrap_or_else(|| format!("{}{suffix}", folder.display()));
    ensure!(!taken(&name), "{name} is given twice");
    Ok(name)
}

/// What a folder holds, by the endings of its names, and its dimensions.
type Loaded = ((usize, usize), Vec<(&'static str, System)>);

fn load_any(folder: &Path, texts: bool, device: &Device) -> Result<Loaded> {
    let Some(module) = AutoModule::load(folder)? else {
        let (dims, system) = load(folder, device)?;
        return Ok((dims, vec![("", system)]));
    };
    if texts && module.has_other_stems() {
        note!(
            "{}: chosen with other stems of words than this version makes; choose again to have its weights fit them",
            folder.display()
        );
    }
    Ok(((module.dim(), module.dim()), autos(module, texts)))
}

/// A module and its dimensions. Kinds that read token states have a registry of their own.
fn load(folder: &Path, device: &Device) -> Result<((usize, usize), System)> {
    let state = ModuleState::load(folder)?;
    let sides = TwoSided::from_state(&state, &Registry::default(), device);
    if matches!(sides, Err(ess_search::Error::UnknownKind { .. }))
        && let Ok(module) = Registry::token_states().build(&state, device)
    {
        let dims = (module.query_dim(), module.item_dim());
        return Ok(match RunConfig::of_module(folder)?.and_then(|config| config.feedback) {
            Some(depth) => (dims, System::Feedback(module, depth)),
            None => (dims, System::OverTokens(module)),
        });
    }
    let sides = sides?;
    Ok(((sides.query_side().query_dim(), sides.item_dim()), System::Module(sides)))
}

/// A choice by embeddings alone and, where there are texts and it was chosen with texts, the one by words as well.
fn autos(module: AutoModule, texts: bool) -> Vec<(&'static str, System)> {
    let module = Box::new(module);
    let mut systems = vec![(" (dense)", System::Auto { module: module.clone(), words: false })];
    if texts && module.hybrid().is_some() {
        systems.push((" (hybrid)", System::Auto { module, words: true }));
    }
    systems
}

impl System {
    /// What it finds for each query.
    pub(crate) fn search(
        &self,
        name: &str,
        dataset: &Dataset,
        index: &FlatIndex,
        queries: &JudgedQueries,
        texts: Option<&BeirTexts>,
    ) -> Result<Run> {
        match self {
            System::Module(sides) => {
                // Items that were trained are indexed again; no encoder runs.
                let moved =
                    sides.map_items(dataset.items()).with_context(|| format!("the items of {name}"))?;
                let own = moved.map(FlatIndex::new).transpose()?;
                Ok(dataset.search(name, &sides.query_side(), own.as_ref().unwrap_or(index), queries)?)
            }
            System::OverTokens(module) => {
                let queries: JudgedQueries<TokenStates> = dataset.judge_as(&queries.qrels)?;
                Ok(dataset.search(name, module, index, &queries)?)
            }
            System::Feedback(module, depth) => {
                let queries: JudgedQueries = dataset.judge(&queries.qrels)?;
                let queries = queries.with_found_items(dataset, index, *depth)?;
                Ok(dataset.search(name, module, index, &queries)?)
            }
            System::Auto { module, words } => {
                let config = AutoConfig { lexical: module.lexical(), ..AutoConfig::default() };
                let texts = texts.filter(|_| *words);
                let collection = collection(dataset, texts, &config)?;
                search_automatically(&module.bind(&collection)?, &collection, queries, texts, name)
            }
        }
    }
}
