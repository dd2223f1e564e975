//! What a comparison of automatic choices found.

use serde::Serialize;

use super::{cell::Cell, choice::Choice, frontier::Peer};

/// All that the page is made of.
#[derive(Serialize)]
pub(super) struct Results {
    pub(super) choices: Vec<Choice>,
    /// Of each choice on the test queries of its own data set.
    pub(super) own: Vec<Cell>,
    /// Of each choice on those of others.
    pub(super) transfer: Vec<Cell>,
    /// Of all choices but the target's together.
    pub(super) several: Vec<Cell>,
    /// Choices on the first data set by budget, with what they spent.
    pub(super) frontier: Vec<(f64, Cell)>,
    pub(super) peers: Vec<Peer>,
}
