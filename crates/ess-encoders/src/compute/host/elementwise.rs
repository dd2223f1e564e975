//! What is done to each component or row between the products, compiled for the widest vectors that the machine has.

use std::f32::consts::{LOG2_E, SQRT_2};

use pulp::{Arch, Simd, WithSimd};

use super::memory::{HostLinear, HostVector};
use crate::{
    model::activation::Activation,
    transformer::definition::{Linear, Norm, NormKind},
};

/// Work that is compiled for the machine's vectors. A closure that is handed over by itself is not: what calls it is compiled
/// apart, for what every machine of the target has.
pub(super) struct Wide<F>(pub(super) F);

impl<F: FnMut()> WithSimd for Wide<F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, _: S) {
        (self.0)();
    }
}

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

/// Normalisation of each row of `d` components.
pub(super) fn normalize_all(values: &mut [f32], norm: &Norm<HostVector>) {
    match norm.kind {
        NormKind::Layer => normalize_rows(values, &norm.weight.0, &norm.bias.0, norm.epsilon),
        NormKind::RootMeanSquare => scale_rows(values, &norm.weight.0, norm.epsilon),
    }
}

/// Each row divided by its root mean square, times `weight`.
fn scale_rows(values: &mut [f32], weight: &[f32], epsilon: f32) {
    Arch::new().dispatch(Wide(
        #[inline(always)]
        || {
            for row in values.chunks_exact_mut(weight.len()) {
                let square = sum(row, |x| x * x) / row.len() as f32;
                let scale = 1.0 / (square + epsilon).sqrt();
                row.iter_mut().zip(weight).for_each(|(value, weight)| *value *= scale * weight);
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

/// Layer normalisation of each row of `weight.len()` components.
fn normalize_rows(values: &mut [f32], weight: &[f32], bias: &[f32], epsilon: f32) {
    Arch::new().dispatch(Wide(
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
    ));
}

/// `exp(x - largest x)` of the first `length` scores, where x is a score plus what is to be added to it, if anything; the
/// sum of them all. What is behind them, to a multiple of 32 in all, is scratch.
#[inline(always)]
pub(super) fn exponentials<S: Simd>(simd: S, scores: &mut [f32], length: usize, added: &[f32]) -> f32 {
    scores.iter_mut().zip(added).for_each(|(score, added)| *score += added);
    scores[length..].fill(f32::NEG_INFINITY);
    let mut largest = [simd.splat_f32s(f32::NEG_INFINITY); 2];
    for pair in S::as_simd_f32s(scores).0.as_chunks::<2>().0 {
        largest = [simd.max_f32s(largest[0], pair[0]), simd.max_f32s(largest[1], pair[1])];
    }
    let largest = simd.splat_f32s(simd.reduce_max_f32s(simd.max_f32s(largest[0], largest[1])));
    let mut sums = [simd.splat_f32s(0.0); 2];
    for chunk in scores.as_chunks_mut::<LANES>().0 {
        for pair in S::as_mut_simd_f32s(chunk).0.as_chunks_mut::<2>().0 {
            for (sum, scores) in sums.iter_mut().zip(pair) {
                *scores = exp_vector(simd, simd.sub_f32s(*scores, largest));
                *sum = simd.add_f32s(*sum, *scores);
            }
        }
    }
    simd.reduce_sum_f32s(simd.add_f32s(sums[0], sums[1]))
}

// ln 2 in two parts, the first with few digits.
const LN_2_HIGH: f32 = 0.693_359_4;
const LN_2_LOW: f32 = -2.121_944_4e-4;

// Partial sums, because the compiler may not reorder a sum of floats by itself.
pub(super) const LANES: usize = 32;

#[inline(always)]
pub(super) fn sum(values: &[f32], f: impl Fn(f32) -> f32) -> f32 {
    let (chunks, rest) = values.as_chunks::<LANES>();
    let mut sums = [0.0_f32; LANES];
    for chunk in chunks {
        for (sum, &value) in sums.iter_mut().zip(chunk) {
            *sum += f(value);
        }
    }
    across(sums, |a, b| a + b) + rest.iter().map(|&value| f(value)).sum::<f32>()
}

/// The sum of all lanes: halves are added, which vector instructions do faster than lane after lane.
#[inline(always)]
pub(super) fn across(mut lanes: [f32; LANES], f: impl Fn(f32, f32) -> f32) -> f32 {
    let mut half = LANES / 2;
    while half > 0 {
        let (low, high) = lanes.split_at_mut(half);
        low.iter_mut().zip(high).for_each(|(a, b)| *a = f(*a, *b));
        half /= 2;
    }
    lanes[0]
}

/// e to the x, to 2e-7 relative, 0 below -87; for x up to 88.
#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    // Adding and subtracting 1.5 · 2^23 rounds to the nearest whole number, which is left in the low bits.
    const ROUND: f32 = 12_582_912.0;
    let x = if x > -87.0 { x } else { -87.0 };
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

/// [`exp`] of a vector, with multiply-adds.
#[inline(always)]
fn exp_vector<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    // As there, and the exponent's bias is added with it.
    const ROUND: f32 = 12_582_912.0 + 127.0;
    let splat = |value| simd.splat_f32s(value);
    let x = simd.max_f32s(x, splat(-87.0));
    let shifted = simd.mul_add_e_f32s(x, splat(LOG2_E), splat(ROUND));
    let whole = simd.sub_f32s(shifted, splat(ROUND));
    let rest = simd.mul_add_e_f32s(whole, splat(-LN_2_HIGH), x);
    let rest = simd.mul_add_e_f32s(whole, splat(-LN_2_LOW), rest);
    let mut series = splat(1.0 / 720.0);
    for coefficient in [1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0] {
        series = simd.mul_add_e_f32s(series, rest, splat(coefficient));
    }
    let power = simd.wrapping_dyn_shl_u32s(simd.transmute_u32s_f32s(shifted), simd.splat_u32s(23));
    simd.mul_f32s(series, simd.transmute_f32s_u32s(power))
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
    use proptest::prelude::*;
    use pulp::Scalar;

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
    fn rows_are_divided_by_their_root_mean_square() {
        let mut rows = [3.0, 4.0, 0.0, 0.0];
        scale_rows(&mut rows, &[2.0, 1.0], 1e-12);
        let root = 12.5_f32.sqrt();
        assert!((rows[0] - 6.0 / root).abs() < 1e-6 && (rows[1] - 4.0 / root).abs() < 1e-6);
        assert_eq!(rows[2..], [0.0, 0.0]);
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
        fn exponentials_are_to_the_largest(scores in prop::collection::vec(-200.0_f32..200.0, 1..100), added in -9.0_f32..9.0) {
            let length = scores.len();
            let mut found = scores.clone();
            found.resize(length.next_multiple_of(LANES), 999.0);
            let sum = exponentials(Scalar, &mut found, length, &vec![added; length]);
            let largest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            // Adding to a score near 200 rounds it by up to 8e-6, and to the largest likewise.
            for (found, score) in found.iter().zip(&scores) {
                prop_assert!((found - (score - largest).exp()).abs() < 3e-5);
            }
            prop_assert!((sum / found[..length].iter().sum::<f32>() - 1.0).abs() < 1e-5);
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
