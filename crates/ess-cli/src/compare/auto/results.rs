//! What a comparison of automatic choices found.

use ess_metrics::NamedMeasure;
use serde::Serialize;

use super::{cell::Cell, choice::Choice, peers::Peer};

/// All that the page is made of.
#[derive(Serialize)]
pub(super) struct Results {
    /// Of test queries.
    pub(super) measure: NamedMeasure,
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

impl Results {
    /// What came of choices by budget, before there is anything else.
    pub(super) fn new(measure: NamedMeasure, frontier: Vec<(f64, Cell)>, peers: Vec<Peer>) -> Self {
        Self { measure, choices: vec![], own: vec![], transfer: vec![], several: vec![], frontier, peers }
    }
}
