//! What happens to items before they are indexed.

use std::sync::Arc;

use ess_core::{Embeddings, SearchModule};

use super::offsets::ItemOffsets;
use crate::{error::Error, module::persistent::PersistentModule};

/// What happens to item embeddings before they are indexed. It is independent of f_search, which maps queries.
///
/// Items that are moved must be indexed again. No encoder runs again.
#[derive(Clone)]
#[non_exhaustive]
pub enum ItemSide {
    /// Nothing: the items stay as the encoder returned them.
    Frozen,
    /// The searching module of the query side: one map for both sides.
    Shared,
    /// A map of their own. It applies to new items as well.
    Map(Arc<dyn PersistentModule>),
    /// Offsets of single items. New items have none.
    Offsets(ItemOffsets),
}

impl ItemSide {
    /// The name: `"frozen"`, `"shared"`, `"map"` or `"offsets"`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Frozen => "frozen",
            Self::Shared => "shared",
            Self::Map(_) => "map",
            Self::Offsets(_) => "offsets",
        }
    }

    /// The dimensions of the items before and after. `None` where every dimension is accepted.
    pub(crate) fn dims(&self, query_side: &dyn PersistentModule) -> Option<(usize, usize)> {
        match self {
            Self::Frozen => None,
            Self::Shared => Some((query_side.query_dim(), query_side.item_dim())),
            Self::Map(module) => Some((module.query_dim(), module.item_dim())),
            Self::Offsets(offsets) => Some((offsets.dim(), offsets.dim())),
        }
    }

    /// The items to be indexed. `None` where they stay unchanged.
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
