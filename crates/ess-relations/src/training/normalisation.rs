//! How heads and queries are batch-normalised.

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// Where there is batch normalisation, and how (Ioffe and Szegedy, ICML 2015).
///
/// Means and variances come from the batch while training. Running ones are then part of an affine map on either side of f_r, so that
/// the relation stays a searching module: ⟨after(f_r(before(h))), t⟩.
///
/// ```
/// use ess_relations::RelationTraining;
///
/// // Queries alone, as their authors set MEI's and MEIM's momentum and epsilon.
/// let text = r#"{"batch_norm": true, "normalisation": {"heads": false, "momentum": 0.01, "epsilon": 0.001}}"#;
/// let training: RelationTraining = serde_json::from_str(text).unwrap();
/// assert!(training.normalisation.queries && training.check().is_ok());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Normalisation {
    /// Whether heads are normalised, before f_r. Default: yes.
    pub heads: bool,
    /// Whether queries are, after f_r. Default: yes.
    pub queries: bool,
    /// Whether all partitions of a vector have the same means, variances, scales and shifts, of `d / partitions` components. Default: no.
    pub shared: bool,
    /// The share of a batch in the running means and variances; above 0, at most 1. Default: 0.1.
    pub momentum: f32,
    /// What is added to variances; a finite number above 0. Default: 1e-5.
    pub epsilon: f32,
}

impl Default for Normalisation {
    fn default() -> Self {
        Self { heads: true, queries: true, shared: false, momentum: 0.1, epsilon: 1e-5 }
    }
}

impl Normalisation {
    /// Whether it is the default, which settings leave out.
    pub(super) fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Fails unless all is in its range, with batch normalisation or without.
    pub(super) fn check(&self, batch_norm: bool) -> Result<(), Error> {
        let refuse = |name, expected, found: String| Err(Error::Config { name, expected, found });
        if !batch_norm && !self.is_default() {
            return refuse("normalisation", "left out without batch_norm", "settings of it".to_owned());
        }
        if !self.heads && !self.queries {
            return refuse("normalisation", "one of heads or of queries", "one of neither".to_owned());
        }
        if !(self.momentum > 0.0 && self.momentum <= 1.0) {
            return refuse("momentum", "above 0 and at most 1", self.momentum.to_string());
        }
        match self.epsilon > 0.0 && self.epsilon.is_finite() {
            true => Ok(()),
            false => refuse("epsilon", "a finite number above 0", self.epsilon.to_string()),
        }
    }
}
