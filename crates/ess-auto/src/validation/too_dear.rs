//! What a search budget has no room for.

use serde::{Deserialize, Serialize};

use crate::input::variant::Variant;

/// What a search budget has no room for: a feature, or a trial.
///
/// ```
/// use ess_auto::{TooDear, Variant};
///
/// let said = r#"{"name": "tokens", "variant": "dense", "cpu_milliseconds": 12.5}"#;
/// let dear: TooDear = serde_json::from_str(said).unwrap();
/// assert_eq!((dear.name.as_str(), dear.variant), ("tokens", Variant::Dense));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TooDear {
    /// The name of the feature or of the trial.
    pub name: String,
    /// In which of the two choices.
    pub variant: Variant,
    /// What it takes: CPU-milliseconds a query.
    pub cpu_milliseconds: f64,
}
