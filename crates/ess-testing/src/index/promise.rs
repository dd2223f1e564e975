//! How good the answers of an index are.

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
    /// The minimum mean share of the true k best that is found, in `0..=1`. At 1, ties must be resolved by item order too.
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
