//! What every index promises.

mod agreement;
mod refusals;
mod repeatability;

use ess_core::{Embeddings, Hit, Index};

pub(crate) use repeatability::in_pools;

/// How good the answers of an index are.
///
/// ```
/// use ess_testing::index::Promise;
///
/// let graph = Promise { recall: 0.9, ..Promise::EXACT };
/// let eight_bits = Promise { recall: 0.8, similarity: 0.02, ..Promise::EXACT };
/// # assert!(graph.recall > eight_bits.recall);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Promise {
    /// The least mean share of the true k best that is found, in `0..=1`. At 1, ties must be resolved by item order too.
    pub recall: f64,
    /// The largest error of a similarity, relative to the product of the norms of query and item.
    pub similarity: f32,
    /// The largest difference between the similarities of a query searched alone and in a batch, relative to
    /// the product of the largest norms. At 0, the hits must be identical.
    pub batch: f32,
    /// The largest magnitude of an item's number that the index holds; larger ones are not tried.
    pub largest: f32,
}

impl Promise {
    /// An exact index in `f32`, whose answers do not depend on the batch.
    pub const EXACT: Self = Self { recall: 1.0, similarity: 1e-6, batch: 0.0, largest: f32::MAX };
}

/// Checks an index; `build` makes one of the given items.
///
/// - For several numbers and dimensions of items and several `k`: `k` different items for each query, the most
///   similar first and ties in item order, with the similarities and the recall promised, against sums in `f64`.
/// - One item; items that occur twice; items and queries of zeros; norms up to 10^18, where they are promised, as exactly as any; similarities
///   that overflow are refused or finite.
/// - `k = 0` and `k > n` are refused with `KOutOfRange`, queries of another dimension with `DimensionMismatch`.
/// - Answers do not change from call to call, with the number of rayon's threads, when several threads ask at once,
///   or (as promised) with the batch.
///
/// ```
/// use ess_core::{Embeddings, Error, Hit, Index, InnerProduct, Similarity, TopK};
/// use ess_testing::index::{self, Promise};
///
/// struct Scan(Embeddings);
/// impl Index for Scan {
///     fn dim(&self) -> usize { self.0.dim() }
///     fn len(&self) -> usize { self.0.len() }
///     fn search(&self, queries: &Embeddings, k: usize) -> Result<Vec<Vec<Hit>>, Error> {
///         self.check_search(queries, k)?;
///         queries.rows().map(|query| {
///             let similarities = InnerProduct.similarities(&Embeddings::from_rows(&[query])?, &self.0)?;
///             let mut best = TopK::new(k);
///             similarities.iter().enumerate().for_each(|(item, &similarity)| best.push(Hit::new(item, similarity)));
///             Ok(best.into_sorted())
///         }).collect()
///     }
/// }
/// index::conforms(Scan, &Promise::EXACT);
/// ```
///
/// # Panics
/// With the promise that was broken.
pub fn conforms<I: Index>(build: impl Fn(Embeddings) -> I, promise: &Promise) {
    agreement::check(&build, promise);
    refusals::check(&build, promise);
    repeatability::check(&build, promise);
}

fn search<I: Index>(index: &I, queries: &Embeddings, k: usize, claim: &str) -> Vec<Vec<Hit>> {
    match index.search(queries, k) {
        Ok(hits) => hits,
        Err(error) => panic!("{claim}: expected hits, found the error {error}"),
    }
}
