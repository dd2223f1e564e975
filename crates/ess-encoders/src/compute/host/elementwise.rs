//! What is done to each number or row between the products, compiled for the widest vectors that the machine has.

use std::f32::consts::{LOG2_E, SQRT_2};

use pulp::Arch;

use super::HostLinear;
use crate::model::Activation;

/// `sums[i] += values[i]`.
pub(super) fn add_row(sums: &mut [f32], values: &[f32]) {
    sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
}

/// `activation(sums + rows Wᵀ)`, into `sums`.
pub(super) fn activated(linear: &HostLinear, sums: &mut [f32], rows: &[f32], activation: Activation) {
    match activation {
        Activation::Gelu => linear.weight.accumulate(
            sums,
            rows,
            #[inline(always)]
            |sums| sums.iter_mut().for_each(|x| *x = gelu(*x)),
        ),
        Activation::GeluTanh => linear.weight.accumulate(
            sums,
            rows,
            #[inline(always)]
            |sums| sums.iter_mut().for_each(|x| *x = gelu_tanh(*x)),
        ),
        Activation::Relu => linear.weight.accumulate(
            sums,
            rows,
            #[inline(always)]
            |sums| sums.iter_mut().for_each(|x| *x = x.max(0.0)),
        ),
    }
}

/// Layer normalisation of each row of `weight.len()` numbers.
pub(super) fn normalize_rows(values: &mut [f32], weight: &[f32], bias: &[f32], epsilon: f32) {
    Arch::new().dispatch(
        #[inline(always)]
        || {
            for row in values.chunks_exact_mut(weight.len()) {
                let mean = sum(row, |x| x) / row.len() as f32;
                let variance = sum(row, |x| (x - mean) * (x - mean)) / row.len() as f32;
                let scale = 1.0 / (variance + epsilon).sqrt();
                for ((value, weight), bias) in row.iter_mut().zip(weight).zip(bias) {
                    *value = (*value - mean) * scale * weight + bias;
                }
            }
        },
    );
}

/// Softmax of each row of `length` numbers.
pub(super) fn softmax_rows(values: &mut [f32], length: usize) {
    Arch::new().dispatch(
        #[inline(always)]
        || {
            for row in values.chunks_exact_mut(length) {
                let largest = largest(row);
                row.iter_mut().for_each(|value| *value = exp(*value - largest));
                let scale = 1.0 / sum(row, |x| x);
                row.iter_mut().for_each(|value| *value *= scale);
            }
        },
    );
}

// Partial sums, because the compiler may not reorder a sum of floats by itself.
const LANES: usize = 32;

#[inline(always)]
fn sum(values: &[f32], f: impl Fn(f32) -> f32) -> f32 {
    let (chunks, rest) = values.as_chunks::<LANES>();
    let mut sums = [0.0_f32; LANES];
    for chunk in chunks {
        for (sum, &value) in sums.iter_mut().zip(chunk) {
            *sum += f(value);
        }
    }
    sums.iter().sum::<f32>() + rest.iter().map(|&value| f(value)).sum::<f32>()
}

#[inline(always)]
fn largest(values: &[f32]) -> f32 {
    let (chunks, rest) = values.as_chunks::<LANES>();
    let mut largest = [f32::NEG_INFINITY; LANES];
    for chunk in chunks {
        for (largest, &value) in largest.iter_mut().zip(chunk) {
            *largest = if value > *largest { value } else { *largest };
        }
    }
    largest.iter().chain(rest).fold(f32::NEG_INFINITY, |a, &b| a.max(b))
}

/// e to the x, to 2e-7 relative, 0 below -87; for x up to 88.
#[inline(always)]
fn exp(x: f32) -> f32 {
    // Adding and subtracting 1.5 · 2^23 rounds to the nearest whole number, which is left in the low bits.
    const ROUND: f32 = 12_582_912.0;
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    let x = x.max(-87.0);
    let shifted = x * LOG2_E + ROUND;
    let whole = shifted - ROUND;
    let rest = (x - whole * LN_2_HIGH) - whole * LN_2_LOW;
    // Taylor's series; |rest| ≤ ln 2 / 2.
    let series = 1.0
        + rest
            * (1.0
                + rest
                    * (0.5
                        + rest
                            * (1.0 / 6.0
                                + rest * (1.0 / 24.0 + rest * (1.0 / 120.0 + rest * (1.0 / 720.0))))));
    let power = f32::from_bits((shifted.to_bits() << 23).wrapping_add(0x3f80_0000));
    series * power
}

/// `x Φ(x)`, Φ by the error function: Abramowitz and Stegun, formula 7.1.26, to 1.5e-7.
#[inline(always)]
fn gelu(x: f32) -> f32 {
    let z = x.abs() / SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * z);
    let polynomial =
        t * (0.254_829_6 + t * (-0.284_496_74 + t * (1.421_413_7 + t * (-1.453_152 + t * 1.061_405_4))));
    // 1 - erf(z): twice the weight of the tail beyond |x|.
    let tail = polynomial * exp(-z * z);
    x.max(0.0) - 0.5 * x.abs() * tail
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
    use proptest::prelude::*;

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

    proptest! {
        #[test]
        fn exp_agrees_with_the_standard_library(x in -86.0_f32..87.0) {
            prop_assert!((exp(x) / x.exp() - 1.0).abs() < 1e-6);
        }

        #[test]
        fn softmax_sums_to_one_and_keeps_order(
            mut row in prop::collection::vec(-200.0_f32..200.0, 1..100), i: prop::sample::Index, j: prop::sample::Index,
        ) {
            let (i, j) = (i.index(row.len()), j.index(row.len()));
            let greater = row[i] > row[j];
            let length = row.len();
            softmax_rows(&mut row, length);
            prop_assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-5);
            prop_assert!(!greater || row[i] >= row[j]);
        }

        #[test]
        fn normalised_rows_have_mean_zero_and_variance_one(row in prop::collection::vec(-9.0_f32..9.0, 2..80)) {
            let spread = row.iter().any(|x| (x - row[0]).abs() > 0.1);
            let mut found = row;
            let ones = vec![1.0; found.len()];
            let zeros = vec![0.0; found.len()];
            normalize_rows(&mut found, &ones, &zeros, 1e-12);
            let n = found.len() as f32;
            prop_assert!((found.iter().sum::<f32>() / n).abs() < 1e-4);
            if spread {
                prop_assert!((found.iter().map(|x| x * x).sum::<f32>() / n - 1.0).abs() < 1e-3);
            }
        }
    }
}
