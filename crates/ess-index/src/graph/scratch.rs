//! Memory of a thread that answers queries.

use super::points::PointQuery;
use super::walk::Walk;

/// Memory of a thread that answers queries.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    pub(super) walk: Walk,
    pub(super) query: PointQuery,
    pub(super) found: Vec<usize>,
}
