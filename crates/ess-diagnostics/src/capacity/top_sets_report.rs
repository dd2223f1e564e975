//! What is known of sets of items.

use serde::{Deserialize, Serialize};

/// Whether a set of items can be the first hits of a query.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TopSet {
    /// It can: a query of norm 1 was found that ranks it above the others by this much, in the units of [`TopSets::margin`](crate::TopSets::margin). Another
    /// query may do so by more.
    Realised(f64),
    /// It cannot, by as much as the margin.
    Impossible,
    /// Neither was shown within the steps.
    Undecided,
}

/// Which of some sets of items can be first hits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TopSetsReport {
    /// Set by set.
    pub sets: Vec<TopSet>,
    /// How many can.
    pub realised: usize,
    /// How many cannot.
    pub impossible: usize,
    /// How many were not decided.
    pub undecided: usize,
}

impl TopSetsReport {
    /// The share of the sets that can be first hits: at least, and at most, as those that were not decided could be either.
    pub fn share(&self) -> [f64; 2] {
        let of = |count: usize| count as f64 / self.sets.len() as f64;
        [of(self.realised), of(self.realised + self.undecided)]
    }
}
