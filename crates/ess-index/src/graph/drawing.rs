//! What a graph is drawn from.

use super::{
    builder::GraphBuilder,
    points::{PointQuery, Points},
    space::Space,
    walk::Walk,
};

/// Points, their space, the settings, and where walks start.
pub(super) struct Drawing<'a> {
    pub(super) points: Points<'a>,
    pub(super) space: &'a Space,
    pub(super) builder: &'a GraphBuilder,
    pub(super) starts: &'a [u32],
}

/// What a thread reuses from row to row.
#[derive(Default)]
pub(super) struct Scratch {
    pub(super) walk: Walk,
    pub(super) query: PointQuery,
    pub(super) products: Vec<f32>,
    pub(super) numbers: Vec<f32>,
}
