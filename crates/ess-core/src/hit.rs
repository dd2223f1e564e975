//! One answer of an index.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

/// One item found for a query.
///
/// ```
/// use ess_core::Hit;
///
/// let mut hits = vec![Hit::new(2, 0.5), Hit::new(1, 0.9), Hit::new(0, 0.5)];
/// hits.sort_by(Hit::by_relevance);
/// assert_eq!(hits.iter().map(|hit| hit.item).collect::<Vec<_>>(), [1, 0, 2]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hit {
    /// The item's row, from 0, in the order in which the index was built.
    pub item: usize,
    /// The similarity of query and item; larger is more relevant.
    pub similarity: f32,
}

impl Hit {
    /// Names an item and its similarity.
    pub fn new(item: usize, similarity: f32) -> Self {
        Self { item, similarity }
    }

    /// The order of every list of hits: the most similar first, ties by item order.
    ///
    /// A total order: it never panics, and NaN (which no index of this workspace returns) is ordered too.
    pub fn by_relevance(&self, other: &Self) -> Ordering {
        // Adding zero makes -0.0 and 0.0 tie, as they should.
        (other.similarity + 0.0).total_cmp(&(self.similarity + 0.0)).then(self.item.cmp(&other.item))
    }
}
