//! Systems that were measured elsewhere.

use ess_metrics::NamedMeasure;
use serde::{Deserialize, Serialize};

use crate::compare::{measure, measured_elsewhere::MeasuredElsewhere};

/// A system that was measured elsewhere on the same test queries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Peer {
    pub(crate) name: String,
    /// Who measured it.
    pub(crate) source: String,
    #[serde(default = "measure::of_earlier_results")]
    measure: NamedMeasure,
    #[serde(alias = "ndcg")]
    pub(crate) value: f64,
    pub(crate) cpu_seconds: f64,
}

impl MeasuredElsewhere for Peer {
    fn name(&self) -> &str {
        &self.name
    }

    fn measure(&self) -> NamedMeasure {
        self.measure
    }
}
