//! What a comparison of hybrids found.

use ess_metrics::NamedMeasure;
use serde::{Deserialize, Serialize};

use crate::{compare::measure, data::beir_data_set::BeirDataSet};

use super::measured::Measured;

/// All that the page is made of.
#[derive(Serialize)]
pub(super) struct Results {
    pub(super) measure: NamedMeasure,
    pub(super) depth: usize,
    pub(super) sets: Vec<SetResults>,
}

/// All systems on one data set, and what their results depend on.
#[derive(Serialize, Deserialize)]
pub(super) struct SetResults {
    pub(super) data: BeirDataSet,
    #[serde(default = "measure::of_earlier_results")]
    pub(super) measure: NamedMeasure,
    pub(super) depth: usize,
    pub(super) seed: u64,
    /// Training and dev queries that were learned from.
    pub(super) learned_from: usize,
    pub(super) measured: Vec<Measured>,
}
