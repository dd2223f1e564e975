//! The function inside a feed-forward, and how it changes with its input.

use std::f32::consts::{FRAC_1_SQRT_2, PI};

use pulp::Arch;

use super::{exponential::exp, wide::Wide};
use crate::model::activation::Activation;

/// A function of the feed-forward, or of a head, whose derivative is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Differentiable {
    Gelu,
    Relu,
    Tanh,
}

impl Differentiable {
    /// The function, where its derivative is known.
    pub(crate) fn of(activation: Activation) -> Option<Self> {
        match activation {
            Activation::Gelu => Some(Self::Gelu),
            Activation::Relu => Some(Self::Relu),
            Activation::Tanh => Some(Self::Tanh),
            _ => None,
        }
    }

    /// The function of each input.
    pub(crate) fn values(self, inputs: &[f32]) -> Vec<f32> {
        let mut values = vec![0.0; inputs.len()];
        Arch::new().dispatch(Wide(
            #[inline(always)]
            || {
                for (value, &x) in values.iter_mut().zip(inputs) {
                    *value = match self {
                        Self::Gelu => gelu(x).0,
                        Self::Relu => x.max(0.0),
                        Self::Tanh => x.tanh(),
                    };
                }
            },
        ));
        values
    }

    /// Gradients of the function's values become gradients of its inputs.
    pub(crate) fn back(self, inputs: &[f32], gradients: &mut [f32]) {
        Arch::new().dispatch(Wide(
            #[inline(always)]
            || {
                for (gradient, &x) in gradients.iter_mut().zip(inputs) {
                    *gradient *= match self {
                        Self::Gelu => gelu(x).1,
                        Self::Relu => f32::from(u8::from(x > 0.0)),
                        Self::Tanh => 1.0 - x.tanh() * x.tanh(),
                    };
                }
            },
        ));
    }
}

/// `x Φ(x)` and its derivative `Φ(x) + x φ(x)`; Φ by the error function as where texts are encoded (Abramowitz and Stegun,
/// 7.1.26).
#[inline(always)]
fn gelu(x: f32) -> (f32, f32) {
    let z = x.abs() * FRAC_1_SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * z);
    let polynomial =
        t * (0.254_829_6 + t * (-0.284_496_74 + t * (1.421_413_7 + t * (-1.453_152 + t * 1.061_405_4))));
    let density = exp(-z * z);
    // Half of the weight beyond |x| on both sides.
    let tail = 0.5 * polynomial * density;
    let below = if x > 0.0 { 1.0 - tail } else { tail };
    (x * below, below + x * density / (2.0 * PI).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compute::host::elementwise;

    #[test]
    fn values_are_those_of_encoding_and_slopes_those_of_small_steps() {
        let inputs: Vec<f32> = (-60..=60).map(|i| i as f32 / 10.0 + 0.01).collect();
        for function in [Differentiable::Gelu, Differentiable::Relu, Differentiable::Tanh] {
            let values = function.values(&inputs);
            let mut slopes = vec![1.0; inputs.len()];
            function.back(&inputs, &mut slopes);
            for ((&x, &value), &slope) in inputs.iter().zip(&values).zip(&slopes) {
                let of = |x: f32| match function {
                    Differentiable::Gelu => elementwise::gelu(x),
                    Differentiable::Relu => x.max(0.0),
                    Differentiable::Tanh => x.tanh(),
                };
                assert!((value - of(x)).abs() < 1e-6, "{x}");
                let step = 1.0 / 256.0;
                let numeric = (of(x + step) - of(x - step)) / (2.0 * step);
                assert!((slope - numeric).abs() < 1e-3, "{function:?} at {x}: {slope}, {numeric}");
            }
        }
        assert_eq!(Differentiable::of(Activation::Silu), None);
    }
}
