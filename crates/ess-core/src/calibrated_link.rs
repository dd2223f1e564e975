//! Links as data.

use serde::{Deserialize, Serialize};

use crate::{
    isotonic_link::IsotonicLink,
    link::{Link, Sigmoid},
};

/// A link that was fitted, as data: what is saved and loaded.
///
/// ```
/// use ess_core::{CalibratedLink, Link, Sigmoid};
///
/// let s = CalibratedLink::from(Sigmoid::new(10.0, -5.0)?);
/// assert_eq!(s.probability(0.5), 0.5);
/// # Ok::<(), ess_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum CalibratedLink {
    /// Logistic: Platt or temperature scaling.
    Sigmoid(Sigmoid),
    /// Isotonic regression.
    Isotonic(IsotonicLink),
}

impl From<Sigmoid> for CalibratedLink {
    fn from(link: Sigmoid) -> Self {
        Self::Sigmoid(link)
    }
}

impl From<IsotonicLink> for CalibratedLink {
    fn from(link: IsotonicLink) -> Self {
        Self::Isotonic(link)
    }
}

impl Link for CalibratedLink {
    fn probability(&self, similarity: f32) -> f32 {
        match self {
            Self::Sigmoid(link) => link.probability(similarity),
            Self::Isotonic(link) => link.probability(similarity),
        }
    }
}
