//! e to the x, of one number, of a vector and of attention scores.

use std::f32::consts::LOG2_E;

use pulp::Simd;

use super::sums::LANES;

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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use pulp::Scalar;

    use super::*;

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
    }
}
