//! What an experiment gave, as data.

use serde::Serialize;

use crate::experiment::kept::Kept;

use super::{
    capacity::Capacity,
    geometry::{Geometry, Overlap},
    searching::Searching,
};

/// All that was measured.
#[derive(Serialize)]
pub(super) struct Results {
    pub(super) seed: u64,
    pub(super) geometry: Vec<Kept<Geometry>>,
    pub(super) capacity: Vec<Kept<Capacity>>,
    pub(super) searching: Vec<Kept<Searching>>,
    pub(super) overlaps: Vec<Overlap>,
}
