//! Losses as data.

use serde::{Deserialize, Serialize};

use super::{
    ApproxNdcg, Lambda, ListwiseKl, Loss, MarginMse, PairwiseLogistic, Recovery, Softmax, Triplet,
    WeightedSum,
};
use crate::Error;

/// A loss as data.
///
/// ```
/// use ess_train::LossConfig;
///
/// let sum = r#"{"kind": "sum", "terms": [
///     {"weight": 1.0, "loss": {"kind": "softmax", "gain": "exponential"}},
///     {"weight": 0.1, "loss": {"kind": "recovery"}}
/// ]}"#;
/// let loss: LossConfig = serde_json::from_str(sum).unwrap();
/// assert!(loss.build()?.needs().frozen);
/// assert!(serde_json::from_str::<LossConfig>(r#"{"kind": "triplet", "margn": 1.0}"#).is_err());
/// # Ok::<(), ess_train::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum LossConfig {
    /// [`Softmax`].
    Softmax(Softmax),
    /// [`ApproxNdcg`].
    ApproxNdcg(ApproxNdcg),
    /// [`Lambda`].
    Lambda(Lambda),
    /// [`PairwiseLogistic`].
    PairwiseLogistic(PairwiseLogistic),
    /// [`Triplet`].
    Triplet(Triplet),
    /// [`MarginMse`].
    MarginMse(MarginMse),
    /// [`ListwiseKl`].
    ListwiseKl(ListwiseKl),
    /// [`Recovery`].
    Recovery(Recovery),
    /// [`WeightedSum`].
    Sum(WeightedSum),
    /// A loss that the caller gives to [`Trainer::with_loss`](crate::Trainer::with_loss): what a report says of it. It cannot
    /// be built from here.
    Given {
        /// The loss's name for itself, that of its type unless it says otherwise.
        name: String,
        /// Its settings; `null` unless it says.
        #[serde(default, skip_serializing_if = "serde_json::Value::is_null")]
        settings: serde_json::Value,
    },
}

impl Default for LossConfig {
    fn default() -> Self {
        Self::Softmax(Softmax::default())
    }
}

impl LossConfig {
    /// What is said of a loss of the caller's own that has no settings.
    pub fn given(name: impl Into<String>) -> Self {
        Self::Given { name: name.into(), settings: serde_json::Value::Null }
    }

    /// The loss, checked.
    ///
    /// # Errors
    /// [`Error::Config`] for a setting outside its range; [`Error::GivenLoss`] for [`LossConfig::Given`].
    pub fn build(&self) -> Result<Box<dyn Loss>, Error> {
        match self {
            Self::Softmax(loss) => boxed(loss, loss.check()),
            Self::ApproxNdcg(loss) => boxed(loss, loss.check()),
            Self::Lambda(loss) => boxed(loss, loss.check()),
            Self::PairwiseLogistic(loss) => boxed(loss, loss.check()),
            Self::Triplet(loss) => boxed(loss, loss.check()),
            Self::MarginMse(loss) => boxed(loss, loss.check()),
            Self::ListwiseKl(loss) => boxed(loss, loss.check()),
            Self::Recovery(loss) => boxed(loss, Ok(())),
            Self::Sum(loss) => boxed(loss, loss.check()),
            Self::Given { name, .. } => Err(Error::GivenLoss { name: name.clone() }),
        }
    }
}

/// The loss whose settings were checked.
fn boxed(loss: &(impl Loss + Clone + 'static), checked: Result<(), Error>) -> Result<Box<dyn Loss>, Error> {
    checked?;
    Ok(Box::new(loss.clone()))
}

/// Refuses a setting that is not a finite number above 0.
pub(super) fn check_above_zero(name: &'static str, value: f32) -> Result<(), Error> {
    if value.is_finite() && value > 0.0 {
        return Ok(());
    }
    Err(Error::Config { name, expected: "a finite number above 0", found: value.to_string() })
}
