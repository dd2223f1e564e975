//! Buffers that a thread reuses from query to query.

use super::points::PointQuery;
use super::walk::Walk;

/// Buffers that a thread reuses from query to query.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    pub(super) walk: Walk,
    pub(super) query: PointQuery,
    pub(super) found: Vec<usize>,
}
