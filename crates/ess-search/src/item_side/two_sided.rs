//! A searching module together with what happens to the items.

use ess_core::{Embeddings, SearchModule};

use super::side::ItemSide;
use crate::{error::Error, module::persistent::PersistentModule};

/// A searching module for queries, and what happens to the items before they are indexed.
///
/// It is saved and loaded as searching modules are. A folder of a searching module alone is loaded as one with frozen
/// items.
///
/// ```
/// use burn::tensor::Device;
/// use ess_core::{Embeddings, Identity};
/// use ess_search::{ItemOffsets, ItemSide, ModuleState, Registry, TwoSided};
///
/// let items = Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0]])?;
/// let moved = Embeddings::from_rows(&[[0.8, 0.6], [0.0, 1.0]])?;
/// let offsets = ItemSide::Offsets(ItemOffsets::between(&items, &moved)?);
/// let folder = tempfile::tempdir().unwrap();
/// TwoSided::new(Box::new(Identity::new(2)), offsets)?.to_state()?.save(folder.path())?;
///
/// let loaded = TwoSided::load(folder.path(), &Registry::default(), &Device::flex())?;
/// assert_eq!(loaded.map_items(&items)?, Some(moved));
/// # Ok::<(), ess_search::Error>(())
/// ```
pub struct TwoSided {
    query_side: Box<dyn PersistentModule>,
    item_side: ItemSide,
    /// The checksum that earlier releases made of the description from which the item side was built.
    described: Option<String>,
}

impl TwoSided {
    /// A module of these two sides.
    ///
    /// # Errors
    /// [`Error::Core`] when the query side does not map into the space of the moved items, or has a scoring of its own.
    pub fn new(query_side: Box<dyn PersistentModule>, item_side: ItemSide) -> Result<Self, Error> {
        if let Some((_, item_dim)) = item_side.dims(&*query_side) {
            query_side.check_inner_product()?;
            ess_core::Error::check_dim("items of a module of two sides", query_side.item_dim(), item_dim)?;
        }
        Ok(Self { query_side, item_side, described: None })
    }

    /// The same module, built from a description with this checksum.
    pub(super) fn described_by(self, checksum: String) -> Self {
        Self { described: Some(checksum), ..self }
    }

    /// The searching module, f_search.
    pub fn query_side(&self) -> &dyn PersistentModule {
        &*self.query_side
    }

    /// What happens to the items.
    pub fn item_side(&self) -> &ItemSide {
        &self.item_side
    }

    /// The query side and the item side.
    pub fn into_parts(self) -> (Box<dyn PersistentModule>, ItemSide) {
        (self.query_side, self.item_side)
    }

    /// The dimension of the items as the encoder returns them.
    pub fn item_dim(&self) -> usize {
        self.item_side.dims(&*self.query_side).map_or(self.query_side.item_dim(), |(frozen, _)| frozen)
    }

    /// The checksum of what moves the items, as text; `None` where they stay unchanged. An index of moved items keeps it
    /// (`ItemVectors` of ess-index). A release that adds a field to a kind's config leaves it unchanged
    /// ([`PersistentModule::map_checksum`]).
    ///
    /// # Errors
    /// Those of [`PersistentModule::map_checksum`].
    pub fn item_side_checksum(&self) -> Result<Option<String>, Error> {
        Ok(match &self.item_side {
            ItemSide::Frozen => None,
            ItemSide::Shared => Some(self.query_side.map_checksum()?),
            ItemSide::Map(module) => Some(module.map_checksum()?),
            ItemSide::Offsets(offsets) => Some(offsets.map_checksum()),
        })
    }

    /// The checksums that earlier releases gave what moves the items: those of its description and tensors, as it was
    /// read and as it is written now. Index files that those releases wrote keep one of them.
    ///
    /// # Errors
    /// Those of [`PersistentModule::to_state`].
    pub fn earlier_item_side_checksums(&self) -> Result<Vec<String>, Error> {
        let state = match &self.item_side {
            ItemSide::Frozen => return Ok(Vec::new()),
            ItemSide::Shared => self.query_side.to_state()?,
            ItemSide::Map(module) => module.to_state()?,
            ItemSide::Offsets(offsets) => offsets.to_state()?,
        };
        Ok(self.described.clone().into_iter().chain([state.checksum()?]).collect())
    }

    /// The items (`m × d_item`) to be indexed. `None` where they stay unchanged.
    ///
    /// # Errors
    /// Those of the item side: [`Error::Core`] for another dimension, and [`Error::OtherItems`] for offsets of other
    /// items.
    pub fn map_items(&self, items: &Embeddings) -> Result<Option<Embeddings>, Error> {
        self.item_side.apply(&self.query_side, items)
    }
}

#[cfg(test)]
mod tests {
    use ess_core::Identity;

    use super::*;

    #[test]
    fn sides_that_do_not_meet_are_refused() {
        let map = ItemSide::Map(std::sync::Arc::new(Identity::new(2)));
        let found = TwoSided::new(Box::new(Identity::new(3)), map).map(drop);
        assert!(matches!(found, Err(Error::Core(ess_core::Error::DimensionMismatch { .. }))));
    }
}
