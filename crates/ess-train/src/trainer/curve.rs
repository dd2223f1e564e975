//! How a training run went.

use serde::{Deserialize, Serialize};

use super::negatives::report::MiningReport;

/// One step of a training run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CurvePoint {
    /// The step, from 1.
    pub step: usize,
    /// The mean loss of the step's batch, before the step.
    pub loss: f64,
    /// The dev measure after the step, where it was measured.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub dev: Option<f64>,
}

/// Loss and dev measure over a training run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    /// Every step, in order.
    pub points: Vec<CurvePoint>,
    /// The step whose parameters were kept: the best on dev, smoothed over neighbouring measurements. Without dev it is the
    /// last step.
    pub kept_step: usize,
    /// What each mining of negatives found and dropped; empty where none were mined.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub mining: Vec<MiningReport>,
    /// Wall-clock seconds.
    pub seconds: f64,
}
