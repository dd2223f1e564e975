//! What is measured by searching: the frozen encoder and modules.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use burn::tensor::Device;
use ess_auto::{AutoConfig, AutoModule};
use ess_core::TokenStates;
use ess_index::FlatIndex;
use ess_kit::{Dataset, JudgedQueries};
use ess_metrics::Run;

use crate::{
    automatic::{Beside, collection, search_automatically},
    data::{
        parts::register_parts,
        saved_module::{SavedModule, SearchingModule},
    },
};

/// A way to search.
pub(crate) enum System {
    Module(SearchingModule),
    /// What was chosen automatically, and whether it may search lexically, by texts.
    Auto {
        module: Box<AutoModule>,
        lexical: bool,
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
    // A choice that was saved may name them.
    register_parts(dataset)?;
    let mut systems: Vec<(String, System)> = Vec::new();
    if query_dim == item_dim {
        systems.push(("frozen".to_owned(), System::Module(SearchingModule::frozen(item_dim)?)));
    }
    for folder in modules {
        let (dims, loaded) = load_any(folder, texts, device)?;
        let query_dim = match loaded[..] {
            [(_, System::Module(SearchingModule::TokenStates(_)))] => dataset.token_dim()?,
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
    let module = match SavedModule::load(folder, device)? {
        SavedModule::Module(module) => return Ok((module.dims(), vec![("", System::Module(module))])),
        SavedModule::Choice(module) => module,
    };
    if texts && module.has_other_stems() {
        note!(
            "{}: chosen with other stems of words than this version makes; choose again to have its weights fit them",
            folder.display()
        );
    }
    Ok(((module.dim(), module.dim()), autos(module, texts)))
}

/// A choice by embeddings alone and, where there are texts and it was chosen with texts, the one with lexical search as well.
fn autos(module: Box<AutoModule>, texts: bool) -> Vec<(&'static str, System)> {
    let mut systems = vec![(" (dense)", System::Auto { module: module.clone(), lexical: false })];
    if texts && module.hybrid().is_some() {
        systems.push((" (hybrid)", System::Auto { module, lexical: true }));
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
        beside: Beside<'_>,
    ) -> Result<Run> {
        match self {
            System::Module(module) => search_with(module, name, dataset, index, queries),
            System::Auto { module, lexical } => {
                let config = AutoConfig { lexical: module.lexical(), ..AutoConfig::default() };
                let beside = Beside { texts: beside.texts.filter(|_| *lexical), ..beside };
                let collection = collection(dataset, beside, &config)?;
                search_automatically(&module.bind(&collection)?, &collection, queries, beside, name)
            }
        }
    }
}

fn search_with(
    module: &SearchingModule,
    name: &str,
    dataset: &Dataset,
    index: &FlatIndex,
    queries: &JudgedQueries,
) -> Result<Run> {
    Ok(match module {
        SearchingModule::Embeddings(sides) => {
            // Items that were trained are indexed again; no encoder runs.
            let moved = module.moved(dataset.items()).with_context(|| name.to_owned())?;
            let own = moved.map(FlatIndex::new).transpose()?;
            dataset.search(name, &sides.query_side(), own.as_ref().unwrap_or(index), queries)?
        }
        SearchingModule::TokenStates(module) => {
            let queries: JudgedQueries<TokenStates> = dataset.judge_as(&queries.qrels)?;
            dataset.search(name, module, index, &queries)?
        }
        SearchingModule::Feedback(module, depth) => {
            let queries: JudgedQueries = dataset.judge(&queries.qrels)?;
            dataset.search(name, module, index, &queries.with_found_items(dataset, index, *depth)?)?
        }
    })
}
