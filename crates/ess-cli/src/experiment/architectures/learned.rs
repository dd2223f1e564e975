//! Searching modules, over vectors or over token states.

use anyhow::Result;
use ess_core::{Embeddings, TokenStates};
use ess_index::FlatIndex;
use ess_search::DeviceEncoding;
use ess_train::{Recipe, RecipeConfig};

use crate::{
    data::split_data_set::Opened,
    experiment::{every_item::EveryItem, fit::Fit},
};

use super::{
    dense::bytes,
    searched::{HITS, Searched},
};

/// A module that was trained, and what it finds, whether or not it was returned.
pub(super) struct Learned {
    pub(super) searched: Searched,
    pub(super) returned: bool,
    pub(super) cpu_seconds: f64,
}

impl Learned {
    /// A kind of module on the vectors of an encoder.
    pub(super) fn on_vectors(data: &Opened<Embeddings>, kind: &str, seed: u64) -> Result<Self> {
        let dim = data.dataset.items().dim();
        Self::new(&*RecipeConfig::named(kind)?.build(dim, dim, 0)?, data, seed)
    }

    /// A kind of module on the token states of queries.
    pub(super) fn on_token_states(data: &Opened<TokenStates>, kind: &str, seed: u64) -> Result<Self> {
        let (token_dim, item_dim) = (data.dataset.token_dim()?, data.dataset.items().dim());
        Self::new(&*RecipeConfig::named(kind)?.build_for_tokens(token_dim, item_dim, 0)?, data, seed)
    }

    fn new<E: DeviceEncoding + 'static>(recipe: &dyn Recipe<E>, data: &Opened<E>, seed: u64) -> Result<Self> {
        let (items, test) = (data.dataset.items(), &data.test);
        let index = FlatIndex::new(items.clone())?;
        let fit = Fit::new(recipe, (items, &index), [&data.train.set, &data.dev.set], seed)?;
        let searcher = EveryItem { module: &*fit.module, index: &index, items };
        let queries = (test.set.encodings(), &searcher as _);
        let searched = Searched::new((test, data.dataset.item_ids()), queries, HITS, bytes(&index))?;
        Ok(Self { searched, returned: fit.returned, cpu_seconds: fit.cpu_seconds })
    }
}
