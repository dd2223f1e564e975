//! What the experiment gave, as data.

use serde::Serialize;

use crate::experiment::kept::Kept;

use super::{alone::Alone, joint::Joint, mixture::Mixture, pair::Pair};

/// All that was measured.
#[derive(Serialize)]
pub(super) struct Results {
    pub(super) seed: u64,
    pub(super) alone: Vec<Kept<Alone>>,
    /// The source comes first.
    pub(super) pairs: Vec<Kept<Pair>>,
    /// The target comes first.
    pub(super) joint: Vec<Kept<Joint>>,
    /// Likewise.
    pub(super) mixtures: Vec<Kept<Mixture>>,
}
