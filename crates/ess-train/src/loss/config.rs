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
}

impl Default for LossConfig {
    fn default() -> Self {
        Self::Softmax(Softmax::default())
    }
}

impl LossConfig {
    /// The loss, checked.
    ///
    /// # Errors
    /// [`Error::Config`] for a setting outside its range.
    pub fn build(&self) -> Result<Box<dyn Loss>, Error> {
        match self {
            Self::Softmax(loss) => loss.check()?,
            Self::ApproxNdcg(loss) => loss.check()?,
            Self::Lambda(loss) => loss.check()?,
            Self::PairwiseLogistic(loss) => loss.check()?,
            Self::Triplet(loss) => loss.check()?,
            Self::MarginMse(loss) => loss.check()?,
            Self::ListwiseKl(loss) => loss.check()?,
            Self::Recovery(_) => {}
            Self::Sum(loss) => loss.check()?,
        }
        Ok(self.boxed())
    }

    fn boxed(&self) -> Box<dyn Loss> {
        match self.clone() {
            Self::Softmax(loss) => Box::new(loss),
            Self::ApproxNdcg(loss) => Box::new(loss),
            Self::Lambda(loss) => Box::new(loss),
            Self::PairwiseLogistic(loss) => Box::new(loss),
            Self::Triplet(loss) => Box::new(loss),
            Self::MarginMse(loss) => Box::new(loss),
            Self::ListwiseKl(loss) => Box::new(loss),
            Self::Recovery(loss) => Box::new(loss),
            Self::Sum(loss) => Box::new(loss),
        }
    }
}

/// Refuses a setting that is not a finite number above 0.
pub(super) fn check_above_zero(name: &'static str, value: f32) -> Result<(), Error> {
    if value.is_finite() && value > 0.0 {
        return Ok(());
    }
    Err(Error::Config { name, expected: "a finite number above 0", found: value.to_string() })
}
