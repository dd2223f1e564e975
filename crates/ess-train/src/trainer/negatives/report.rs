//! What a mining of negatives found.

use serde::{Deserialize, Serialize};

/// What one mining found and dropped, over all queries.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MiningReport {
    /// The step before which it took place, from 1.
    pub step: usize,
    /// Negatives that were taken.
    pub taken: usize,
    /// Items skipped because they are relevant.
    pub relevant: usize,
    /// Items dropped by the margin to the most similar relevant item.
    pub dropped_by_margin: usize,
    /// Items dropped by the teacher's score.
    pub dropped_by_teacher: usize,
    /// Queries with fewer negatives than wanted.
    pub queries_short: usize,
}
