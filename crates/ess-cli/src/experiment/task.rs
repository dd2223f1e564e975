//! A search task in memory, which an experiment may alter before it trains on it.

use anyhow::Result;
use ess_core::{Embeddings, Ids};
use ess_index::FlatIndex;
use ess_kit::JudgedQueries;
use ess_train::{QuerySet, RecipeConfig};
use serde::{Deserialize, Serialize};

use crate::data::split_data_set::Opened;

use super::{
    every_item::EveryItem,
    fit::Fit,
    quality::{ndcg_by, ndcg_of},
};

/// Items, queries to learn from, and queries to be measured on.
pub(crate) struct Task<'a> {
    items: Embeddings,
    index: FlatIndex,
    train: QuerySet,
    dev: QuerySet,
    test: JudgedQueries,
    ids: &'a Ids,
}

/// What a trained module gives.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Trained {
    /// nDCG@10 of each test query by the trained module, whether or not it was returned.
    pub(crate) trained: Vec<f64>,
    /// Whether the baseline guard returned it.
    pub(crate) returned: bool,
    /// What training took.
    pub(crate) cpu_seconds: f64,
}

impl Trained {
    /// nDCG@10 of each test query by what is deployed: the trained module, or the frozen encoder in its place.
    pub(crate) fn deployed<'a>(&'a self, frozen: &'a [f64]) -> &'a [f64] {
        if self.returned { &self.trained } else { frozen }
    }
}

impl<'a> Task<'a> {
    /// The task as the files have it.
    pub(crate) fn of(data: &'a Opened) -> Result<Self> {
        Self::encoded(data, |encodings| Ok(encodings.clone()))
    }

    /// The task with other encodings: what `change` makes of the items, and of the queries of each part, one after the other.
    pub(crate) fn encoded(
        data: &'a Opened,
        mut change: impl FnMut(&Embeddings) -> Result<Embeddings>,
    ) -> Result<Self> {
        let items = change(data.dataset.items())?;
        let mut changed = |queries: &JudgedQueries| -> Result<QuerySet> {
            Ok(queries.set.with_encodings(change(queries.set.encodings())?)?)
        };
        let (train, dev) = (changed(&data.train)?, changed(&data.dev)?);
        let test = JudgedQueries { set: changed(&data.test)?, ..data.test.clone() };
        let index = FlatIndex::new(items.clone())?;
        Ok(Self { items, index, train, dev, test, ids: data.dataset.item_ids() })
    }

    /// The same task with these queries to learn from.
    pub(crate) fn with_train(self, train: QuerySet) -> Self {
        Self { train, ..self }
    }

    /// nDCG@10 of each test query by the encodings alone.
    pub(crate) fn frozen(&self) -> Result<Vec<f64>> {
        ndcg_of(&self.test, self.test.set.encodings(), &self.index, self.ids)
    }

    /// Trains a module.
    pub(crate) fn fit(&self, module: &RecipeConfig, seed: u64) -> Result<Trained> {
        let dim = self.items.dim();
        let recipe = module.build(dim, dim, 0)?;
        let fit = Fit::new(&*recipe, (&self.items, &self.index), [&self.train, &self.dev], seed)?;
        let searcher = EveryItem { module: &*fit.module, index: &self.index, items: &self.items };
        Ok(Trained {
            trained: ndcg_by(&self.test, &searcher, self.ids)?,
            returned: fit.returned,
            cpu_seconds: fit.cpu_seconds,
        })
    }
}
