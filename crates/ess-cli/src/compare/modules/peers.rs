//! Systems that were measured elsewhere.

use std::collections::BTreeMap;

use ess_metrics::NamedMeasure;
use serde::Deserialize;

use crate::compare::{measure, measured_elsewhere::MeasuredElsewhere};

/// A system that this program did not run.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Peer {
    pub(crate) name: String,
    /// Who measured it.
    pub(crate) source: String,
    #[serde(default = "measure::of_earlier_results")]
    measure: NamedMeasure,
    /// By the name of the data set.
    #[serde(alias = "ndcg")]
    pub(crate) values: BTreeMap<String, f64>,
}

impl MeasuredElsewhere for Peer {
    fn name(&self) -> &str {
        &self.name
    }

    fn measure(&self) -> NamedMeasure {
        self.measure
    }
}
