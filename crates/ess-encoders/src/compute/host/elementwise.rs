//! What is done to each component between the products, compiled for the widest vectors that the machine has.

use std::f32::consts::SQRT_2;

use pulp::Arch;

use super::{exponential::exp, memory::HostLinear, wide::Wide};
use crate::{model::activation::Activation, transformer::definition::Linear};

/// `sums[i] += values[i]`.
pub(crate) fn add_row(sums: &mut [f32], values: &[f32]) {
    sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
}

/// `activation(rows Wᵀ + b)`, into `results`.
pub(super) fn activated(linear: &HostLinear, results: &mut [f32], rows: &[f32], activation: Activation) {
    let Linear { weight, bias } = linear;
    match activation {
        Activation::Gelu => weight.write(
            results,
            rows,
            &bias.0,
            #[inline(always)]
            |sums| sums.iter_mut().for_each(|x| *x = gelu(*x)),
        ),
        Activation::GeluTanh => weight.write(
            results,
            rows,
            &bias.0,
            #[inline(always)]
            |sums| sums.iter_mut().for_each(|x| *x = gelu_tanh(*x)),
        ),
        Activation::Relu => weight.write(
            results,
            rows,
            &bias.0,
            #[inline(always)]
            |sums| sums.iter_mut().for_each(|x| *x = x.max(0.0)),
        ),
        Activation::Silu => weight.write(
            results,
            rows,
            &bias.0,
            #[inline(always)]
            |sums| sums.iter_mut().for_each(|x| *x = silu(*x)),
        ),
        Activation::Tanh => weight.write(
            results,
            rows,
            &bias.0,
            #[inline(always)]
            |sums| sums.iter_mut().for_each(|x| *x = x.tanh()),
        ),
        Activation::QuickGelu => weight.write(
            results,
            rows,
            &bias.0,
            #[inline(always)]
            |sums| sums.iter_mut().for_each(|x| *x = quick_gelu(*x)),
        ),
    }
}

/// The function of each component.
pub(super) fn activate_all(values: &mut [f32], activation: Activation) {
    let function = match activation {
        Activation::Gelu => gelu,
        Activation::GeluTanh => gelu_tanh,
        Activation::Relu => |x: f32| x.max(0.0),
        Activation::Silu => silu,
        Activation::Tanh => f32::tanh,
        Activation::QuickGelu => quick_gelu,
    };
    values.iter_mut().for_each(|x| *x = function(*x));
}

/// `activation(rows W₁ᵀ + b₁) ∘ (rows W₂ᵀ + b₂)`, into the first half of `results`; W is W₁ above W₂.
pub(super) fn gated(linear: &HostLinear, results: &mut [f32], rows: &[f32], activation: Activation) {
    let Linear { weight, bias } = linear;
    weight.write(results, rows, &bias.0, |_| ());
    let (columns, half) = (bias.0.len(), bias.0.len() / 2);
    match activation {
        Activation::Gelu => multiply_halves(results, columns, half, gelu),
        Activation::GeluTanh => multiply_halves(results, columns, half, gelu_tanh),
        Activation::Relu => multiply_halves(results, columns, half, |x| x.max(0.0)),
        Activation::Silu => multiply_halves(results, columns, half, silu),
        Activation::Tanh => multiply_halves(results, columns, half, f32::tanh),
        Activation::QuickGelu => multiply_halves(results, columns, half, quick_gelu),
    }
}

/// The activated first half of each row times its second half, rows close together.
fn multiply_halves(values: &mut [f32], columns: usize, half: usize, activation: impl Fn(f32) -> f32) {
    Arch::new().dispatch(Wide(
        #[inline(always)]
        || {
            let mut row = vec![0.0; half];
            for at in 0..values.len() / columns {
                let (first, second) = values[at * columns..(at + 1) * columns].split_at(half);
                for ((result, &x), &y) in row.iter_mut().zip(first).zip(second) {
                    *result = activation(x) * y;
                }
                values[at * half..(at + 1) * half].copy_from_slice(&row);
            }
        },
    ));
}

/// A head whose two halves are turned against each other.
pub(super) fn turn(head: &mut [f32], cosines: &[f32], sines: &[f32]) {
    let (first, second) = head.split_at_mut(cosines.len());
    for ((a, b), (cosine, sine)) in first.iter_mut().zip(second).zip(cosines.iter().zip(sines)) {
        (*a, *b) = (*a * cosine - *b * sine, *b * cosine + *a * sine);
    }
}

/// `x Φ(x)`, Φ by the error function: Abramowitz and Stegun, formula 7.1.26, to 1.5e-7.
#[inline(always)]
pub(crate) fn gelu(x: f32) -> f32 {
    let z = x.abs() / SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * z);
    let polynomial =
        t * (0.254_829_6 + t * (-0.284_496_74 + t * (1.421_413_7 + t * (-1.453_152 + t * 1.061_405_4))));
    // 1 - erf(z): twice the weight of the tail beyond |x|.
    let tail = polynomial * exp(-z * z);
    x.max(0.0) - 0.5 * x.abs() * tail
}

/// `x / (1 + exp(-x))`.
#[inline(always)]
fn silu(x: f32) -> f32 {
    x / (1.0 + exp((-x).min(87.0)))
}

/// `x / (1 + exp(-1.702 x))`.
#[inline(always)]
fn quick_gelu(x: f32) -> f32 {
    x / (1.0 + exp((-1.702 * x).min(87.0)))
}

/// `x/2 (1 + tanh(√(2/π) (x + 0.044715 x³)))`.
#[inline(always)]
fn gelu_tanh(x: f32) -> f32 {
    const SQRT_2_BY_PI: f32 = 0.797_884_6;
    let inner = SQRT_2_BY_PI * (x + 0.044_715 * x * x * x);
    // (1 + tanh(y)) / 2 = 1 / (1 + exp(-2y)).
    x / (1.0 + exp((-2.0 * inner).min(87.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    // Φ by summing the density, in double precision.
    fn gelu_by_integral(x: f64) -> f64 {
        let steps = 20_000;
        let width = x.abs() / f64::from(steps);
        let density = |t: f64| (-0.5 * t * t).exp() / (2.0 * std::f64::consts::PI).sqrt();
        let half: f64 = (0..steps).map(|i| density((f64::from(i) + 0.5) * width) * width).sum();
        x * (0.5 + half * x.signum())
    }

    #[test]
    fn gelu_agrees_with_its_integral() {
        for i in -80..=80 {
            let x = i as f32 / 8.0;
            assert!((f64::from(gelu(x)) - gelu_by_integral(x.into())).abs() < 1e-6, "{x}");
        }
    }

    #[test]
    fn silu_and_its_product_with_a_gate_are_what_their_formulas_say() {
        for i in -800..=800 {
            let x = i as f32 / 8.0;
            let expected = f64::from(x) / (1.0 + f64::from(-x).exp());
            assert!((f64::from(silu(x)) - expected).abs() < 1e-5, "{x}");
        }
        let mut values = [1.0, -2.0, 3.0, 4.0, 5.0, 6.0, 7.0, -8.0];
        multiply_halves(&mut values, 4, 2, |x| x.max(0.0));
        assert_eq!(values[..4], [3.0, 0.0, 35.0, -48.0]);
    }

    #[test]
    fn both_forms_of_gelu_are_close_and_extremes_are_finite() {
        for i in -80..=80 {
            let x = i as f32 / 8.0;
            assert!((gelu(x) - gelu_tanh(x)).abs() < 2e-3, "{x}");
        }
        for function in [gelu, gelu_tanh] {
            assert!(function(-1e9).abs() < 1e-20);
            assert_eq!((function(1e9), function(0.0)), (1e9, 0.0));
        }
    }
}
