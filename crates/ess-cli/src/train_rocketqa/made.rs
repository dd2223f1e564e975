//! What a step says of what it made.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What a step says of what it made.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Made {
    /// nDCG@10 on dev: of an encoder among all items, of a cross-encoder that reorders the mined ones.
    pub(super) dev: Option<f64>,
    /// That of the encoder that the recipe began with, where the step measured it.
    pub(super) start: Option<f64>,
    /// What both reach on the test, for the report of the run that made the step: no record has it.
    #[serde(skip)]
    pub(super) test: Option<f64>,
    #[serde(skip)]
    pub(super) start_test: Option<f64>,
    /// Whether dev showed that what was trained is better than what was before; what is not is kept only unguarded.
    pub(super) better: Option<bool>,
    /// How many queries, pairs and negatives there were, and how many texts were encoded outside of the steps of a training.
    pub(super) counts: BTreeMap<String, usize>,
}

impl Made {
    /// How many texts were encoded.
    pub(super) const ENCODED: &str = "texts encoded";

    /// Says how many there were of something.
    pub(super) fn count(&mut self, what: &str, number: usize) {
        self.counts.insert(what.to_owned(), number);
    }
}
