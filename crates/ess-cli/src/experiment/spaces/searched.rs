//! Searching modules as bridges between two spaces, trained on the task's judgements.

use anyhow::Result;
use burn::tensor::Device;
use ess_core::{Embeddings, SearchModule};
use ess_index::FlatIndex;
use ess_search::{LowRank, LowRankConfig, PersistentModule};
use ess_train::{Items, Progress, RecipeConfig, Trainer, TrainerConfig};
use ndarray::{Array2, s};
use serde::{Deserialize, Serialize};

use crate::experiment::{
    quality::ndcg_of,
    sample::{Limits, Sample},
};

use super::{aligned::alignment, pair_of_spaces::PairOfSpaces};

/// Ranks of searching modules.
pub(super) const RANKS: [usize; 4] = [1, 4, 16, 64];

/// nDCG@10 of each test query.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Searched {
    /// By ridge regression from queries to their relevant items.
    pub(super) ridge: Vec<f64>,
    /// By a linear module from the space of queries to that of items.
    pub(super) linear: Vec<f64>,
    /// By modules of low rank: the rank, and what they reach.
    pub(super) by_rank: Vec<(usize, Vec<f64>)>,
    /// By a linear module on queries that alignment mapped.
    pub(super) over_alignment: Vec<f64>,
}

/// How modules between spaces are trained: from random values, which takes more than from the identity.
pub(super) fn settings(seed: u64) -> TrainerConfig {
    TrainerConfig { seed, learning_rate: 5e-3, max_steps: 120, ..TrainerConfig::default() }
}

impl Searched {
    pub(super) fn measure(spaces: &PairOfSpaces, limits: Limits, seed: u64) -> Result<Self> {
        let sample = Sample::of([&spaces.train, &spaces.dev], &spaces.items, limits, seed)?;
        let test = spaces.test.set.encodings();
        let alone = Bridge { spaces, sample: &sample, change: &|queries| apart(queries, spaces.items.dim()) };
        let ranks = RANKS.into_iter().filter(|&rank| rank <= test.dim().min(spaces.items.dim()));
        let of_rank = |rank| {
            let module = RecipeConfig::module::<LowRank>(LowRankConfig { rank, ..LowRankConfig::default() });
            Ok((rank, alone.reached(&module, settings(seed))?))
        };
        let alignment = alignment(spaces)?;
        let aligned = Bridge { spaces, sample: &sample, change: &|queries| Ok(alignment.apply(queries)?) };
        let linear = RecipeConfig::named("linear")?;
        Ok(Self {
            ridge: alone.reached(&RecipeConfig::named("positives_ridge")?, settings(seed))?,
            linear: alone.reached(&linear, settings(seed))?,
            by_rank: ranks.map(of_rank).collect::<Result<_>>()?,
            over_alignment: aligned.reached(&linear, TrainerConfig { seed, ..TrainerConfig::default() })?,
        })
    }
}

/// What is trained between two spaces, once queries are changed in a way that is not trained.
struct Bridge<'b> {
    spaces: &'b PairOfSpaces,
    sample: &'b Sample,
    change: &'b dyn Fn(&Embeddings) -> Result<Embeddings>,
}

impl Bridge<'_> {
    fn reached(&self, recipe: &RecipeConfig, settings: TrainerConfig) -> Result<Vec<f64>> {
        let module = self.trained(recipe, settings)?;
        let test = module.apply(&(self.change)(self.spaces.test.set.encodings())?)?;
        ndcg_of(&self.spaces.test, &test, &FlatIndex::new(self.spaces.items.clone())?, &self.spaces.ids)
    }

    /// The trained module, whether or not it is shown to be better than what it starts from.
    fn trained(
        &self,
        recipe: &RecipeConfig,
        settings: TrainerConfig,
    ) -> Result<Box<dyn PersistentModule<Embeddings>>> {
        let sets = [&self.sample.train, &self.sample.dev];
        let [train, dev] = sets.map(|set| anyhow::Ok(set.with_encodings((self.change)(set.encodings())?)?));
        let (train, dev) = (train?, dev?);
        let items = Items::new(&self.sample.items, &Device::flex());
        let recipe = recipe.build(train.encodings().dim(), self.sample.items.dim(), 0)?;
        let trainer = Trainer::new(settings)?.with_progress(Progress::Silent);
        Ok(trainer.fit(&*recipe, &items, &train, &dev)?.trained)
    }
}

/// Queries of another dimension than items. Where the two agree a component of zeros is added, or modules would be a change of an
/// identity that means nothing between two spaces.
fn apart(queries: &Embeddings, item_dim: usize) -> Result<Embeddings> {
    if queries.dim() != item_dim {
        return Ok(queries.clone());
    }
    let mut wider = Array2::zeros((queries.len(), queries.dim() + 1));
    wider.slice_mut(s![.., ..queries.dim()]).assign(&queries.view());
    Ok(Embeddings::new(wider)?)
}
