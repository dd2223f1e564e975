//! What a mining of negatives found.

use serde::{Deserialize, Serialize};

/// The counts of one mining, over all queries.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MiningReport {
    /// The step before which negatives were mined, from 1.
    pub step: usize,
    /// The number of negatives that were taken.
    pub taken: usize,
    /// The number of items that were skipped because they are relevant.
    pub relevant: usize,
    /// The number of items that were dropped by the margin to the most similar relevant item.
    pub dropped_by_margin: usize,
    /// The number of items that were dropped by the teacher's score.
    pub dropped_by_teacher: usize,
    /// The number of queries with fewer negatives than wanted.
    pub queries_short: usize,
}
