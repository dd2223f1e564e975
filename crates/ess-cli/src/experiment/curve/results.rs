//! What the curves are drawn from, as data.

use serde::{Deserialize, Serialize};

use super::learned::Learned;
use crate::experiment::kept::Kept;

/// A data set before any training.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Frozen {
    /// Training queries, dev not among them.
    pub(super) train_queries: usize,
    /// nDCG@10 of each test query.
    pub(super) frozen: Vec<f64>,
}

/// All that was measured.
#[derive(Serialize)]
pub(super) struct Results {
    pub(super) seed: u64,
    pub(super) frozen: Vec<Kept<Frozen>>,
    pub(super) learned: Vec<Kept<Learned>>,
}

impl Results {
    /// The runs on a data set, in the order of their numbers of queries.
    pub(super) fn runs(&self, of: &Kept<Frozen>, system: &str, shuffled: bool) -> Vec<&Learned> {
        let on = self.learned.iter().filter(|kept| kept.data == of.data).map(|kept| &kept.found);
        on.filter(|run| run.module == system && run.shuffled == shuffled).collect()
    }

    /// What learned on a data set, in the order in which it was measured.
    pub(super) fn systems(&self, of: &Kept<Frozen>) -> Vec<&str> {
        let mut systems: Vec<&str> = Vec::new();
        for kept in self.learned.iter().filter(|kept| kept.data == of.data) {
            if !systems.contains(&&*kept.found.module) {
                systems.push(&kept.found.module);
            }
        }
        systems
    }
}
