//! Building an exact index.

use ess_core::Embeddings;
use serde::{Deserialize, Serialize};

use super::{FlatIndex, Items};
use crate::error::Error;
use crate::halves::halves;
use crate::int8::Int8Items;
use crate::kernels::float::Panels;
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
    /// The number format of the items.
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

/// The components of `n × d` items, row after row; without a copy unless they are part of a larger matrix.
pub(crate) fn into_rows(items: Embeddings) -> Vec<f32> {
    let size = items.len() * items.dim();
    let (mut values, offset) = items.into_matrix().into_raw_vec_and_offset();
    // A matrix cut out of a larger one keeps the larger one's memory.
    values.truncate(offset.unwrap_or(0) + size);
    values.drain(..offset.unwrap_or(0));
    values
}
