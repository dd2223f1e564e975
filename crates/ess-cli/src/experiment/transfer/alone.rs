//! What a target reaches without any other.

use anyhow::Result;
use burn::tensor::Device;
use ess_core::Identity;
use ess_index::FlatIndex;
use ess_search::{Linear, LinearConfig, TrainableModule};
use serde::{Deserialize, Serialize};

use crate::experiment::quality::ndcg;

use super::{
    few::{FEW, Few},
    modules::Modules,
};

/// nDCG@10 of each test query of a target.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Alone {
    pub(super) frozen: Vec<f64>,
    /// By a linear module trained on the target's own queries, whether or not it was returned.
    pub(super) own: Vec<f64>,
    /// Whether the baseline guard returned it.
    pub(super) returned: bool,
    /// By one that starts from the identity and sees few of them, for each number.
    pub(super) few: Vec<Vec<f64>>,
}

impl Alone {
    pub(super) fn measure(modules: &Modules<'_>, target: usize, seed: u64) -> Result<Self> {
        let data = modules.open(target)?;
        let (ids, dim) = (data.dataset.item_ids(), data.dataset.items().dim());
        let index = FlatIndex::new(data.dataset.items().clone())?;
        let own = modules.of("linear", &[target], seed)?;
        let sample = modules.sample(target, seed)?;
        let new = |&count: &usize| {
            let module = Linear::init(&LinearConfig::new(dim, dim), &Device::flex())?;
            ndcg(&data.test, &Few::of(&sample, count, seed)?.tune(module)?, &index, ids)
        };
        Ok(Self {
            frozen: ndcg(&data.test, &Identity::new(dim), &index, ids)?,
            own: ndcg(&data.test, &*own.module()?, &index, ids)?,
            returned: own.returned,
            few: FEW.iter().map(new).collect::<Result<_>>()?,
        })
    }
}
