//! s, the link from similarity to probability.

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// s in Eq. 3: turns a similarity into a probability of relevance.
///
/// Monotone and rising, so that it never changes a ranking.
pub trait Link: Send + Sync {
    /// P(rel = 1) for one similarity, in `0..=1`.
    fn probability(&self, similarity: f32) -> f32;
}

/// The logistic link `1 / (1 + exp(-(scale · similarity + bias)))`, with `scale > 0`.
///
/// The default is the plain sigmoid: scale 1, bias 0. Calibrated, `scale` and `bias` come from a fit.
///
/// ```
/// use ess_core::{Link, Sigmoid};
///
/// let s = Sigmoid::new(10.0, -5.0)?;
/// assert_eq!(s.probability(0.5), 0.5);
/// assert!(s.probability(0.9) > 0.98);
/// assert!(Sigmoid::new(-1.0, 0.0).is_err());
/// # Ok::<(), ess_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, try_from = "SigmoidParameters")]
pub struct Sigmoid {
    scale: f32,
    bias: f32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SigmoidParameters {
    scale: f32,
    bias: f32,
}

impl Sigmoid {
    /// A link with the given scale (finite, above 0) and bias (finite).
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] outside those ranges.
    pub fn new(scale: f32, bias: f32) -> Result<Self, Error> {
        let invalid =
            |name, expected, found: f32| Error::InvalidParameter { name, expected, found: found.to_string() };
        if !(scale.is_finite() && scale > 0.0) {
            return Err(invalid("scale of a sigmoid", "a finite number above 0", scale));
        }
        if !bias.is_finite() {
            return Err(invalid("bias of a sigmoid", "a finite number", bias));
        }
        Ok(Self { scale, bias })
    }

    /// The factor on the similarity.
    pub fn scale(&self) -> f32 {
        self.scale
    }

    /// What is added after scaling.
    pub fn bias(&self) -> f32 {
        self.bias
    }
}

impl Default for Sigmoid {
    fn default() -> Self {
        Self { scale: 1.0, bias: 0.0 }
    }
}

impl TryFrom<SigmoidParameters> for Sigmoid {
    type Error = Error;

    fn try_from(parameters: SigmoidParameters) -> Result<Self, Error> {
        Self::new(parameters.scale, parameters.bias)
    }
}

impl Link for Sigmoid {
    fn probability(&self, similarity: f32) -> f32 {
        1.0 / (1.0 + (-(self.scale * similarity + self.bias)).exp())
    }
}

impl<L: Link + ?Sized> Link for &L {
    fn probability(&self, similarity: f32) -> f32 {
        (**self).probability(similarity)
    }
}

impl<L: Link + ?Sized> Link for Box<L> {
    fn probability(&self, similarity: f32) -> f32 {
        (**self).probability(similarity)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn extreme_similarities_give_zero_and_one() {
        let s = Sigmoid::new(100.0, 0.0).unwrap();
        assert_eq!(s.probability(f32::MIN), 0.0);
        assert_eq!(s.probability(f32::MAX), 1.0);
    }

    #[test]
    fn bad_parameters_are_refused() {
        for (scale, bias) in [(0.0, 0.0), (-1.0, 0.0), (f32::NAN, 0.0), (f32::INFINITY, 0.0), (1.0, f32::NAN)]
        {
            assert!(matches!(Sigmoid::new(scale, bias), Err(Error::InvalidParameter { .. })));
        }
    }

    proptest! {
        #[test]
        fn the_link_keeps_order(a in -3.0_f32..3.0, b in -3.0_f32..3.0, scale in 0.1_f32..20.0, bias in -5.0_f32..5.0) {
            let s = Sigmoid::new(scale, bias).unwrap();
            if a < b {
                prop_assert!(s.probability(a) <= s.probability(b));
            }
        }
    }
}
