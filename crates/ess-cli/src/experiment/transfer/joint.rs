//! What all other sources together are worth on a target.

use std::{collections::BTreeMap, sync::Arc};

use anyhow::Result;
use burn::tensor::Device;
use ess_core::{Embeddings, Identity, ModuleSet, SearchModule};
use ess_index::FlatIndex;
use ess_train::{DevSet, Items, RouterConfig, TrainerConfig};
use ndarray::Array2;
use serde::{Deserialize, Serialize};

use crate::experiment::quality::{ndcg, ndcg_of};

use super::modules::Modules;

/// The name of the frozen encoder among the modules.
const FROZEN: &str = "the frozen encoder";

/// nDCG@10 of each test query of a target, by what was learned on all others.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Joint {
    /// By one module trained on all other sources together.
    pub(super) together: Vec<f64>,
    /// By the mean of their modules.
    pub(super) mean: Vec<f64>,
    /// By the module that a router chooses for each query; by the frozen encoder where held-out queries do not show a gain.
    pub(super) routed: Vec<f64>,
    /// How many test queries went where.
    pub(super) routes: BTreeMap<String, usize>,
}

/// A module of each other source, by its name.
type Named = Vec<(String, Arc<dyn SearchModule<Embeddings>>)>;

impl Joint {
    pub(super) fn measure(modules: &Modules<'_>, others: &[usize], target: usize, seed: u64) -> Result<Self> {
        let data = modules.open(target)?;
        let (test, ids) = (&data.test, data.dataset.item_ids());
        let index = FlatIndex::new(data.dataset.items().clone())?;
        let named = |&at: &usize| {
            let module: Box<dyn SearchModule<Embeddings>> = modules.of("linear", &[at], seed)?.module()?;
            Ok((modules.name(at).to_owned(), Arc::from(module)))
        };
        let named: Named = others.iter().map(named).collect::<Result<_>>()?;
        let routes = routes(modules, &named, target, seed, test.set.encodings())?;
        let mut counts = BTreeMap::new();
        routes.iter().for_each(|name| *counts.entry(name.clone()).or_insert(0) += 1);
        let routed = routed(&named, test.set.encodings(), &routes)?;
        Ok(Self {
            together: ndcg(test, &*modules.of("linear", others, seed)?.module()?, &index, ids)?,
            mean: ndcg_of(test, &mean(&named, test.set.encodings())?, &index, ids)?,
            routed: ndcg_of(test, &routed, &index, ids)?,
            routes: counts,
        })
    }
}

/// The mean of what the modules make of each query.
fn mean(named: &Named, queries: &Embeddings) -> Result<Embeddings> {
    let mut sum = Array2::<f32>::zeros((queries.len(), queries.dim()));
    for (_, module) in named {
        sum += &module.apply(queries)?.view();
    }
    Ok(Embeddings::new(sum / named.len() as f32)?)
}

/// The name of the module for each test query, by a router that learned from the target's training queries, which none of the
/// modules saw.
fn routes(
    modules: &Modules<'_>,
    named: &Named,
    target: usize,
    seed: u64,
    queries: &Embeddings,
) -> Result<Vec<String>> {
    let sample = modules.sample(target, seed)?;
    let items = Items::new(&sample.items, &Device::flex());
    let known = sample.train.join(&sample.dev)?;
    let judged = DevSet::new(&known, &items, TrainerConfig::default().measure)?;
    let frozen = judged.per_query(&Identity::new(queries.dim()))?;
    let reached =
        named.iter().map(|(_, module)| Ok(judged.per_query(&**module)?)).collect::<Result<Vec<_>>>()?;
    let values: Vec<(&str, &[f64])> =
        named.iter().zip(&reached).map(|((name, _), values)| (&**name, &**values)).collect();
    let config = RouterConfig { seed, ..RouterConfig::default() };
    if known.len() < 2 * config.folds {
        return Ok(vec![FROZEN.to_owned(); queries.len()]);
    }
    let fit = config.fit(known.encodings(), (FROZEN, &frozen), &values)?;
    Ok(match &fit.router {
        Some(router) => router.route(queries)?.into_iter().map(str::to_owned).collect(),
        None => vec![FROZEN.to_owned(); queries.len()],
    })
}

/// Each query by its module.
fn routed(named: &Named, queries: &Embeddings, routes: &[String]) -> Result<Embeddings> {
    let set = ModuleSet::new(queries.dim(), queries.dim());
    set.insert(FROZEN, Arc::new(Identity::new(queries.dim())))?;
    for (name, module) in named {
        set.insert(name.as_str(), module.clone())?;
    }
    Ok(set.apply(queries, &routes.iter().map(String::as_str).collect::<Vec<_>>())?)
}
