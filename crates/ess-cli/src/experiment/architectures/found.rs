//! A measurement of a system.

use serde::{Deserialize, Serialize};

use super::{searched::Searched, system::System};

/// One run of a system on a data set.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Found {
    pub(super) system: System,
    #[serde(flatten)]
    pub(super) searched: Searched,
    /// What training for the task took: of the encoder where it was fine-tuned, and of the module. None where nothing was trained, and
    /// where it is not known.
    pub(super) training_cpu_seconds: Option<f64>,
    /// Whether the baseline guard returned the module, where there is one.
    pub(super) returned: Option<bool>,
}
