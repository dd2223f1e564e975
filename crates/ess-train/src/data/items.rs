//! The frozen items that training searches.

use std::sync::OnceLock;

use burn::tensor::{Device, Tensor, TensorData};
use ess_core::{Embeddings, Index};
use ess_index::FlatIndex;
use ess_search::largest_tensor;

use super::laid_out::LaidOutItems;
use crate::error::Error;

/// All item embeddings (`m × d_item`), in host memory and, where the device is another, on the device.
///
/// On a processor with a tile unit ([`ess_tiles`]) the softmax loss over all items lays frozen items out once, in the first step of
/// 128 queries or more, and this value keeps them so for all later steps and runs. That takes 12 bytes a number, where the embeddings
/// take 4. Items that would take more than 1 GiB so (230 000 of 384 dimensions) and those that are trained are laid out tile by tile
/// in each step. Dimensions that are no multiple of 32 do not use the unit.
///
/// ```
/// use burn::tensor::Device;
/// use ess_core::Embeddings;
/// use ess_train::Items;
///
/// let embeddings = Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0]])?;
/// let items = Items::new(&embeddings, &Device::flex());
/// assert_eq!(items.index()?.len(), 2);
/// # Ok::<(), ess_train::Error>(())
/// ```
pub struct Items<'a> {
    embeddings: &'a Embeddings,
    device: Device,
    blocks: OnceLock<Vec<ItemBlock>>,
    given_index: Option<&'a dyn Index>,
    own_index: OnceLock<FlatIndex>,
    laid_out: OnceLock<Option<LaidOutItems>>,
    kernels: bool,
}

/// Consecutive items on a device.
#[derive(Clone, Debug)]
pub struct ItemBlock {
    /// The row of the first of them.
    pub first: usize,
    /// Their embeddings, one to a row.
    pub tensor: Tensor<2>,
}

impl<'a> Items<'a> {
    /// Items to train against on `device`; they are copied there only if a loss needs them there.
    pub fn new(embeddings: &'a Embeddings, device: &Device) -> Self {
        Self {
            embeddings,
            device: device.clone().without_autodiff(),
            blocks: OnceLock::new(),
            given_index: None,
            own_index: OnceLock::new(),
            laid_out: OnceLock::new(),
            kernels: true,
        }
    }

    /// Measures dev with this index of the same items, instead of an exact index of its own, which would copy the items.
    ///
    /// # Errors
    /// [`Error::Core`] when the index has other dimensions or another number of items.
    pub fn with_index(mut self, index: &'a dyn Index) -> Result<Self, Error> {
        ess_core::Error::check_dim("index of the items", self.embeddings.dim(), index.dim())?;
        let (what, expected, found) = ("items in the index", self.embeddings.len(), index.len());
        if expected != found {
            return Err(ess_core::Error::LengthMismatch { what, expected, found }.into());
        }
        // Rows that were removed would give the others other numbers than the embeddings have.
        let (what, found) = ("rows of the index", index.rows());
        if expected != found {
            return Err(ess_core::Error::LengthMismatch { what, expected, found }.into());
        }
        self.given_index = Some(index);
        Ok(self)
    }

    /// Lets losses compute with tensor operations on the CPU too, as they do on other devices, for comparison.
    #[must_use]
    pub fn without_kernels(mut self) -> Self {
        self.kernels = false;
        self
    }

    /// The index that dev is measured with: exact, unless another was given.
    ///
    /// # Errors
    /// [`Error::Core`] when the index cannot be built.
    pub fn index(&self) -> Result<&dyn Index, Error> {
        if let Some(index) = self.given_index {
            return Ok(index);
        }
        if let Some(index) = self.own_index.get() {
            return Ok(index);
        }
        let index = FlatIndex::new(self.embeddings.clone()).map_err(ess_core::Error::from)?;
        Ok(self.own_index.get_or_init(|| index))
    }

    /// The `m × d_item` matrix in host memory.
    pub fn embeddings(&self) -> &Embeddings {
        self.embeddings
    }

    /// The device that training runs on.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The `m × d_item` matrix on the device: one block, or several where the device has no tensor so large.
    pub fn blocks(&self) -> &[ItemBlock] {
        self.blocks.get_or_init(|| {
            let dim = self.embeddings.dim();
            let rows = (largest_tensor(&self.device) / dim).max(1);
            let blocks = self.embeddings.as_slice().chunks(rows.saturating_mul(dim)).enumerate();
            blocks
                .map(|(block, values)| ItemBlock { first: block * rows, tensor: self.upload(values) })
                .collect()
        })
    }

    /// The embeddings of these items on the device, in the order given: `n × d_item`.
    pub fn rows(&self, rows: &[usize]) -> Tensor<2> {
        if let [all] = self.blocks() {
            let rows: Vec<i64> = rows.iter().map(|&row| row as i64).collect();
            let rows = TensorData::new(rows.clone(), [rows.len()]);
            return all.tensor.clone().select(0, Tensor::from_data(rows, &self.device));
        }
        let values: Vec<f32> = rows.iter().flat_map(|&row| self.embeddings.row(row)).copied().collect();
        self.upload(&values)
    }

    /// The items in the order of the tile unit, if they are to be kept so.
    pub(crate) fn laid_out(&self) -> Option<&LaidOutItems> {
        self.laid_out.get_or_init(|| LaidOutItems::new(self.embeddings)).as_ref()
    }

    fn upload(&self, values: &[f32]) -> Tensor<2> {
        let dim = self.embeddings.dim();
        Tensor::from_data(TensorData::new(values.to_vec(), [values.len() / dim, dim]), &self.device)
    }

    /// Whether the device is the CPU, where kernels may read the embeddings as they are, unless they were turned off.
    pub fn on_cpu(&self) -> bool {
        self.kernels && self.device == Device::flex()
    }
}
