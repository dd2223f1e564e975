//! Exact search on a device.

use burn::tensor::{Device, Tensor, TensorData};
use ess_core::{Embeddings, Hit, Index, SearchParams, TopK};
use rayon::prelude::*;

use super::memory::{largest_tensor, longest_row};
use crate::error::Error;

mod bound;
mod select;

use bound::SimilarityBound;

/// Similarities that exist at once, unless the device has no tensor so large: a quarter of a gigabyte.
const SIMILARITIES: usize = 1 << 26;

/// Queries that are compared together at most: enough to fill any device.
const QUERIES: usize = 8192;

/// Exact maximum-inner-product search on any device of Burn, for many queries at once.
///
/// The similarities of a chunk of queries with a block of items are one matrix product; the best are chosen on the
/// device, up to [`DeviceIndex::CHOSEN_ON_DEVICE`] of them, and on the host beyond. Ties are broken by item order. The
/// order in which a product sums up may change with the size of a batch, so a similarity may differ in its last bits
/// between batches; for a CPU, `ess_index::FlatIndex` is faster and promises more.
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

/// Consecutive items.
#[derive(Clone, Debug)]
struct Block {
    first: usize,
    items: Tensor<2>,
}

impl DeviceIndex {
    /// The largest `k` for which the best items are chosen on the device. For more, the similarities are brought to the
    /// host, which takes as long as the connection between the two needs for them.
    pub const CHOSEN_ON_DEVICE: usize = 127;

    /// Copies `n × d` items to a device, in blocks whose similarities with a query are no more than [`longest_row`].
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

    /// Keeps at most so many similarities at once, 4 bytes each, but at least one query's with one block of items.
    /// Default: 2²⁶, or what the device's largest tensor has. Less where a device runs out of memory.
    #[must_use]
    pub fn with_similarities_at_once(mut self, similarities: usize) -> Self {
        self.similarities = similarities.min(largest_tensor(&self.device));
        self
    }

    /// The device that holds the items.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Queries that are compared with a block of items together.
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

    /// As [`Index::search_with`]; all queries fail together.
    ///
    /// # Errors
    /// As [`Index::search_with`], and [`ess_core::Error::NonFinite`] for a query so long that its similarity with the longest
    /// item could overflow.
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
