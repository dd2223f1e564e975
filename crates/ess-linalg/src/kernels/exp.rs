//! The exponential function of many values at once.

/// Replaces each `x` by `exp(x − shift)` and returns their sum. Every `x` is at most `shift`.
///
/// It keeps sixteen running sums, so the result does not depend on the vector instructions.
#[inline(always)]
pub fn exp_shifted(values: &mut [f32], shift: f32) -> f32 {
    let mut sums = [0.0_f32; 16];
    let mut chunks = values.chunks_exact_mut(16);
    for chunk in &mut chunks {
        for (x, sum) in chunk.iter_mut().zip(&mut sums) {
            *x = exp(*x - shift);
            *sum += *x;
        }
    }
    let rest = chunks.into_remainder().iter_mut().map(|x| {
        *x = exp(*x - shift);
        *x
    });
    let rest: f32 = rest.sum();
    sums.iter().sum::<f32>() + rest
}

/// The largest of some values, none of which is NaN; `−∞` of none.
#[inline(always)]
pub fn max(values: &[f32]) -> f32 {
    let larger = |a: f32, b: f32| if b > a { b } else { a };
    let mut lanes = [f32::NEG_INFINITY; 16];
    let chunks = values.chunks_exact(16);
    let rest = chunks.remainder();
    for chunk in chunks {
        for (lane, &x) in lanes.iter_mut().zip(chunk) {
            *lane = larger(*lane, x);
        }
    }
    lanes.iter().chain(rest).copied().fold(f32::NEG_INFINITY, larger)
}

/// `exp(x)` for `x ≤ 0`, within 2 units in the last place above -87 and 1.2e-38 below.
///
/// `x = n ln 2 + r` with `|r| ≤ ln 2 / 2`; a Taylor polynomial of degree 6 for `exp(r)`, and `2ⁿ` by writing the
/// exponent's bits. No branch and no table, so that it becomes vector code.
#[inline(always)]
fn exp(x: f32) -> f32 {
    const ROUND: f32 = 12_582_912.0; // 1.5 · 2²³: adding it leaves the nearest integer in the low bits.
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    let x = if x < -87.0 { -87.0 } else { x };
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = (x - n * LN_2_HIGH) - n * LN_2_LOW;
    let mut p = 1.0 / 720.0;
    for coefficient in [1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0] {
        p = p * r + coefficient;
    }
    f32::from_bits(p.to_bits().wrapping_add(shifted.to_bits() << 23))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn agrees_with_the_standard_library(x in -86.9_f32..=0.0) {
            let expected = f64::from(x).exp();
            prop_assert!((f64::from(exp(x)) / expected - 1.0).abs() < 3e-7, "{} {}", exp(x), expected);
        }

        #[test]
        fn sums_and_maxima_agree_at_any_length(values in prop::collection::vec(-30.0_f32..0.0, 1..70)) {
            let expected = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            prop_assert_eq!(max(&values), expected);
            let mut changed = values.clone();
            let sum = exp_shifted(&mut changed, expected);
            let by_hand: f64 = values.iter().map(|&x| (f64::from(x) - f64::from(expected)).exp()).sum();
            prop_assert!((f64::from(sum) / by_hand - 1.0).abs() < 1e-5);
        }
    }

    #[test]
    fn far_below_is_next_to_nothing_and_zero_is_one() {
        assert_eq!(exp(0.0), 1.0);
        assert!(exp(-1e30) < 2e-38);
        assert!(exp(f32::NEG_INFINITY) < 2e-38);
    }
}
