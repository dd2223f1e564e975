//! What the experiment gave, as data.

use serde::Serialize;

use crate::experiment::kept::Kept;

use super::{aligned::Aligned, pair_of_spaces::Direction, searched::Searched};

/// All that was measured.
#[derive(Serialize)]
pub(super) struct Results {
    pub(super) seed: u64,
    pub(super) aligned: Vec<(Direction, Kept<Aligned>)>,
    pub(super) searched: Vec<(Direction, Kept<Searched>)>,
}
