//! Building an exact index.

use ess_core::Embeddings;
use serde::{Deserialize, Serialize};

use super::index::{FlatIndex, Items};
use crate::error::Error;
use crate::halves::halves;
use crate::int8::Int8Items;
use crate::into_rows::into_rows;
use crate::kernels::float::panels::Panels;
use crate::live_rows::LiveRows;
use crate::storage::Storage;

/// The settings of a [`FlatIndex`]. The default storage is [`Storage::F32`].
///
/// ```
/// use ess_core::{Embeddings, Index};
/// use ess_index::{FlatBuilder, Storage};
///
/// let index = FlatBuilder::new(Storage::F16).build(Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0]])?)?;
/// assert_eq!((index.len(), index.storage()), (2, Storage::F16));
/// # Ok::<(), ess_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FlatBuilder {
    /// The storage format of the items.
    pub storage: Storage,
}

impl FlatBuilder {
    /// Builds indexes in this storage.
    pub fn new(storage: Storage) -> Self {
        Self { storage }
    }

    /// Indexes `n × d` items. Neither [`Storage::F32`] nor [`Storage::F16`] takes more memory than the items had.
    ///
    /// # Errors
    /// [`Error::BeyondStorage`] for a component that the storage cannot hold; [`Error::Core`] with `InvalidParameter` for more
    /// than 65 536 dimensions in [`Storage::I8`].
    pub fn build(&self, items: Embeddings) -> Result<FlatIndex, Error> {
        let (len, dim) = (items.len(), items.dim());
        let items = match self.storage {
            Storage::F32 => Items::F32(Panels::from_rows(into_rows(items), dim)),
            Storage::I8 => {
                Error::check_byte_dim(dim)?;
                Items::I8(Int8Items::from_rows(into_rows(items), dim))
            }
            Storage::F16 => {
                self.storage.check(&items)?;
                Items::F16(Panels::from_rows(halves(into_rows(items)), dim))
            }
        };
        Ok(FlatIndex::with_items(items, LiveRows::all(len)))
    }
}

impl FlatIndex {
    /// Indexes `n × d` items as they are, in [`Storage::F32`], without a copy.
    ///
    /// # Errors
    /// None at present, since [`Embeddings`] are checked when they are made.
    pub fn new(items: Embeddings) -> Result<Self, Error> {
        Self::with_storage(items, Storage::F32)
    }

    /// Indexes `n × d` items in this storage.
    ///
    /// # Errors
    /// [`Error::BeyondStorage`] for a component that the storage cannot hold.
    pub fn with_storage(items: Embeddings, storage: Storage) -> Result<Self, Error> {
        FlatBuilder::new(storage).build(items)
    }
}
