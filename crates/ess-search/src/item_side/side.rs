//! What happens to items before they are indexed.

use std::sync::Arc;

use ess_core::{Embeddings, SearchModule};

use super::offsets::ItemOffsets;
use crate::{error::Error, module::persistent::PersistentModule};

/// What happens to item embeddings before they are indexed: a module apart from f_search.
///
/// Whatever moves items asks for a new index, since an index has the items as they were; no encoder runs again.
#[derive(Clone)]
#[non_exhaustive]
pub enum ItemSide {
    /// Nothing: the items are as the encoder gave them.
    Frozen,
    /// The query side's own searching module: one map for both sides.
    Shared,
    /// A map of their own. It serves new items as well as old ones.
    Map(Arc<dyn PersistentModule>),
    /// Offsets of single items. New items gain nothing.
    Offsets(ItemOffsets),
}

impl ItemSide {
    /// What it is, in a word.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Frozen => "frozen",
            Self::Shared => "shared",
            Self::Map(_) => "map",
            Self::Offsets(_) => "offsets",
        }
    }

    /// The dimension of the items that it takes and gives; `None` where any will do.
    pub(crate) fn dims(&self, query_side: &dyn PersistentModule) -> Option<(usize, usize)> {
        match self {
            Self::Frozen => None,
            Self::Shared => Some((query_side.query_dim(), query_side.item_dim())),
            Self::Map(module) => Some((module.query_dim(), module.item_dim())),
            Self::Offsets(offsets) => Some((offsets.dim(), offsets.dim())),
        }
    }

    /// The items as they are to be indexed; `None` where they stay as they are.
    pub(crate) fn apply(
        &self,
        query_side: &dyn SearchModule,
        items: &Embeddings,
    ) -> Result<Option<Embeddings>, Error> {
        Ok(match self {
            Self::Frozen => None,
            Self::Shared => Some(query_side.apply(items)?),
            Self::Map(module) => Some(module.apply(items)?),
            Self::Offsets(offsets) => Some(offsets.apply(items)?),
        })
    }
}
