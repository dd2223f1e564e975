//! A module of one source on one target.

use anyhow::Result;
use burn::tensor::Device;
use ess_core::{Embeddings, SearchModule};
use ess_index::FlatIndex;
use ess_search::{AnyModule, ModuleState, OnDevice, Part, Registry, Sequence};
use serde::{Deserialize, Serialize};

use crate::{data::split_data_set::Opened, experiment::quality::ndcg};

use super::{
    few::{FEW, Few},
    modules::Modules,
    similarity::Similarity,
};

/// nDCG@10 of each test query of a target, by what was learned on a source.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Pair {
    /// By the source's linear module as it is.
    pub(super) whole: Vec<f64>,
    /// By that module, tuned on few queries of the target, for each number.
    pub(super) few: Vec<Vec<f64>>,
    /// By parts of a rotation and a selection, in the order of [`PARTS`].
    pub(super) parts: Vec<Vec<f64>>,
    pub(super) similarity: Similarity,
}

/// What becomes of a part.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Fate {
    Kept,
    Frozen,
    Dropped,
}

/// A way to transfer a sequence in parts: its name, what becomes of the rotation and of the selection, and whether what is not
/// frozen is tuned on 50 queries of the target.
pub(super) struct Way {
    pub(super) name: &'static str,
    fates: [Fate; 2],
    tuned: bool,
}

/// The names of the parts, as the default of `sequence` has them.
const NAMES: [&str; 2] = ["rotation", "selection"];

/// The ways.
pub(super) const PARTS: [Way; 5] = [
    Way { name: "both as they are", fates: [Fate::Kept, Fate::Kept], tuned: false },
    Way { name: "rotation alone", fates: [Fate::Kept, Fate::Dropped], tuned: false },
    Way { name: "selection alone", fates: [Fate::Dropped, Fate::Kept], tuned: false },
    Way { name: "both tuned", fates: [Fate::Kept, Fate::Kept], tuned: true },
    Way { name: "rotation frozen, selection tuned", fates: [Fate::Frozen, Fate::Kept], tuned: true },
];

impl Pair {
    pub(super) fn measure(modules: &Modules<'_>, source: usize, target: usize, seed: u64) -> Result<Self> {
        let (data, device) = (modules.open(target)?, Device::flex());
        let index = FlatIndex::new(data.dataset.items().clone())?;
        let (linear, sequence) =
            (modules.of("linear", &[source], seed)?, modules.of("sequence", &[source], seed)?);
        let sample = modules.sample(target, seed)?;
        let few = |&count: &usize| {
            let module: AnyModule = Registry::default().trainable(&linear.state, &device)?;
            reached(data, &Few::of(&sample, count, seed)?.tune(module)?, &index)
        };
        let most = Few::of(&sample, FEW[FEW.len() - 1], seed)?;
        let part = |way: &Way| {
            let module = way.of(&sequence.state)?;
            let module = if way.tuned { most.tune(module)? } else { OnDevice::new(module, &device) };
            reached(data, &module, &index)
        };
        Ok(Self {
            whole: reached(data, &*linear.module()?, &index)?,
            few: FEW.iter().map(few).collect::<Result<_>>()?,
            parts: PARTS.iter().map(part).collect::<Result<_>>()?,
            similarity: Similarity::measure(modules, source, target, seed)?,
        })
    }
}

fn reached(data: &Opened, module: &dyn SearchModule<Embeddings>, index: &FlatIndex) -> Result<Vec<f64>> {
    ndcg(&data.test, module, index, data.dataset.item_ids())
}

impl Way {
    /// What is left of a sequence.
    fn of(&self, state: &ModuleState) -> Result<Sequence> {
        let kept = NAMES.iter().zip(self.fates).filter(|(_, fate)| *fate != Fate::Dropped);
        let part = |(name, fate): (&&str, Fate)| {
            let part = Part::from_state(*name, &state.part(name)?, &Registry::default(), &Device::flex())?;
            Ok(if fate == Fate::Frozen { part.frozen() } else { part })
        };
        Ok(Sequence::new(kept.map(part).collect::<Result<_>>()?)?)
    }
}
