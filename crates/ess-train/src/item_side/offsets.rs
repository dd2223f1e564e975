//! The settings of item offsets.

use serde::{Deserialize, Serialize};

use super::{nudge::NudgeKind, radius::RadiusChoice};
use crate::{error::Error, loss::gain::Gain};

/// How offsets of items are fitted (NUDGE: Zeighami et al. 2024).
///
/// Item `i` moves towards `Gᵢ = Σ_q gain(q, i) · z_q`, the sum of the mapped training queries that it is relevant to. Within
/// the radius this maximises the sum of their similarities. The radius is chosen on dev.
///
/// ```
/// use ess_train::OffsetsConfig;
///
/// OffsetsConfig::default().check()?;
/// let config: OffsetsConfig = serde_json::from_str(r#"{"nudge": "magnitude", "radius": "first_rank"}"#).unwrap();
/// config.check()?;
/// # Ok::<(), ess_train::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OffsetsConfig {
    /// The constraint. Default: NUDGE-N.
    pub nudge: NudgeKind,
    /// The gain of a grade. Default: exponential.
    pub gain: Gain,
    /// How the radius is chosen. Default: by the measure on dev.
    pub radius: RadiusChoice,
}

impl Default for OffsetsConfig {
    fn default() -> Self {
        Self { nudge: NudgeKind::default(), gain: Gain::Exponential, radius: RadiusChoice::default() }
    }
}

impl OffsetsConfig {
    /// Refuses settings outside their range.
    ///
    /// # Errors
    /// [`Error::Config`] naming the setting.
    pub fn check(&self) -> Result<(), Error> {
        let refuse = |name, expected, found: String| Err(Error::Config { name, expected, found });
        match self.radius {
            RadiusChoice::FirstRank if self.nudge == NudgeKind::Normalized => {
                refuse("radius of item offsets", "measure or a number, for NUDGE-N", "first_rank".to_owned())
            }
            RadiusChoice::Given(radius) if !(radius.is_finite() && radius >= 0.0) => {
                refuse("radius of item offsets", "a finite number of at least 0", radius.to_string())
            }
            _ => Ok(()),
        }
    }
}
