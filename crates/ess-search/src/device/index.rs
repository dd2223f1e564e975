//! Exact search on a device.

use burn::tensor::{Device, Tensor, TensorData};
use ess_core::{Embeddings, Hit, Index, SearchParams, TopK};
use rayon::prelude::*;

use super::memory::{largest_tensor, longest_row};
use crate::error::Error;

mod bound;
mod select;

use bound::SimilarityBound;

/// The largest number of similarities in memory: 256 MiB of `f32`. A device may allow less.
const SIMILARITIES: usize = 1 << 26;

/// The largest number of queries in one matrix product.
const QUERIES: usize = 8192;

/// Exact maximum-inner-product search on any device of Burn, for many queries at once.
///
/// The similarities of a chunk of queries with a block of items are one matrix product. The device selects up to
/// [`DeviceIndex::CHOSEN_ON_DEVICE`] hits; for more, the host does. Ties break by item order. The order of summation
/// in a product may change with the size of a batch, so a similarity may differ in its last bits between batches. On
/// a CPU, `ess_index::FlatIndex` is faster and gives the same bits for every batch.
///
/// ```
/// use burn::tensor::Device;
/// use ess_core::{Embeddings, Index};
/// use ess_search::DeviceIndex;
///
/// let items = Embeddings::from_rows(&[[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]])?;
/// let index = DeviceIndex::new(&items, &Device::flex());
/// let hits = index.search(&Embeddings::from_rows(&[[0.0, 2.0]])?, 2)?;
/// assert_eq!((hits[0][0].item, hits[0][0].similarity), (2, 2.0));
/// assert_eq!(hits[0][1].item, 1);
/// # Ok::<(), ess_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct DeviceIndex {
    blocks: Vec<Block>,
    bound: SimilarityBound,
    device: Device,
    dim: usize,
    len: usize,
    similarities: usize,
}

/// A block of consecutive items.
#[derive(Clone, Debug)]
struct Block {
    first: usize,
    items: Tensor<2>,
}

impl DeviceIndex {
    /// The largest `k` for which the device selects the hits. For larger `k`, all similarities are copied to the
    /// host, which is slower.
    pub const CHOSEN_ON_DEVICE: usize = 127;

    /// Copies `m × d` items to a device, in blocks of at most [`longest_row`] items.
    pub fn new(items: &Embeddings, device: &Device) -> Self {
        let device = device.clone().without_autodiff();
        let largest = largest_tensor(&device);
        let (len, dim) = (items.len(), items.dim());
        let rows = (largest / dim).min(longest_row(&device)).clamp(1, len);
        let block = |(block, values): (usize, &[f32])| {
            let data = TensorData::new(values.to_vec(), [values.len() / dim, dim]);
            Block { first: block * rows, items: Tensor::from_data(data, &device) }
        };
        let blocks = items.as_slice().chunks(rows * dim).enumerate().map(block).collect();
        let bound = SimilarityBound::new(items);
        Self { blocks, bound, device, dim, len, similarities: SIMILARITIES.min(largest) }
    }

    /// Sets the largest number of similarities in memory, of 4 bytes each. At least those of one query with one block
    /// are computed. Default: 2²⁶, or the largest tensor of the device. Choose less where a device runs out of
    /// memory.
    #[must_use]
    pub fn with_similarities_at_once(mut self, similarities: usize) -> Self {
        self.similarities = similarities.min(largest_tensor(&self.device));
        self
    }

    /// The device that holds the items.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The number of queries in one matrix product.
    fn queries_at_once(&self) -> usize {
        let widest = self.blocks.iter().map(|block| block.items.dims()[0]).max().unwrap_or(1);
        let within = self.similarities / widest;
        within.min(largest_tensor(&self.device) / self.dim).clamp(1, QUERIES)
    }

    fn search_together(&self, queries: &[f32], k: usize) -> Result<Vec<Vec<Hit>>, Error> {
        let count = queries.len() / self.dim;
        let data = TensorData::new(queries.to_vec(), [count, self.dim]);
        let queries = Tensor::<2>::from_data(data, &self.device);
        let mut best = vec![TopK::new(k); count];
        for block in &self.blocks {
            let similarities = queries.clone().matmul(block.items.clone().transpose());
            if k <= Self::CHOSEN_ON_DEVICE && k < block.items.dims()[0] {
                select::on_device(similarities, k, block.first, &mut best)?;
            } else {
                select::on_host(similarities, block.first, &mut best)?;
            }
        }
        Ok(best.into_par_iter().map(TopK::into_sorted).collect())
    }
}

impl Index for DeviceIndex {
    fn dim(&self) -> usize {
        self.dim
    }

    fn len(&self) -> usize {
        self.len
    }

    /// As [`Index::search_with`]. An error of one query is an error of all.
    ///
    /// # Errors
    /// As [`Index::search_with`], and [`ess_core::Error::NonFinite`] for a query with a norm so large that a
    /// similarity could overflow.
    fn search_with(
        &self,
        queries: &Embeddings,
        k: usize,
        params: &SearchParams<'_>,
    ) -> Result<Vec<Vec<Hit>>, ess_core::Error> {
        let k = self.check_search(queries, k)?;
        params.unfiltered()?;
        self.bound.check(queries)?;
        let mut hits = Vec::with_capacity(queries.len());
        for chunk in queries.as_slice().chunks(self.queries_at_once() * self.dim) {
            hits.extend(self.search_together(chunk, k)?);
        }
        Ok(hits)
    }
}
