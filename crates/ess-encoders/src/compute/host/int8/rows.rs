//! Rows rounded to 8 bits, each with a scale of its own.

use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};

/// Rows as codes from 0 to 255: a value is `scale (code - zero)`.
pub(super) struct Rows {
    codes: Vec<u8>,
    scales: Vec<f32>,
    zeros: Vec<i32>,
    /// How many codes behind each other rows begin.
    stride: usize,
}

/// The smallest range of a row that is told from zeros.
const MIN_RANGE: f32 = 1e-30;

impl Rows {
    /// Rounds rows of `n × d_in`, to codes that begin `stride` apart, with zeros behind each row and to a multiple of `together`
    /// rows. A row that is not finite gets a scale that is no number.
    pub(super) fn round(rows: &[f32], d_in: usize, stride: usize, together: usize) -> Self {
        let n = rows.len() / d_in;
        let codes = vec![0; n.next_multiple_of(together) * stride];
        let mut all = Self { codes, scales: vec![0.0; n], zeros: vec![0; n], stride };
        Arch::new().dispatch(Round { rows, d_in, all: &mut all });
        all
    }

    pub(super) fn codes(&self, rows: Range<usize>) -> &[u8] {
        &self.codes[rows.start * self.stride..rows.end * self.stride]
    }

    pub(super) fn stride(&self) -> usize {
        self.stride
    }

    #[inline(always)]
    pub(super) fn scale_and_zero(&self, row: usize) -> (f32, i32) {
        (self.scales[row], self.zeros[row])
    }
}

/// Rounds each row. A type of its own, because a closure is not compiled for the machine's vectors.
struct Round<'r> {
    rows: &'r [f32],
    d_in: usize,
    all: &'r mut Rows,
}

impl WithSimd for Round<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { rows, d_in, all } = self;
        let scales = all.scales.iter_mut().zip(&mut all.zeros);
        for ((row, codes), (scale, zero)) in
            rows.chunks_exact(d_in).zip(all.codes.chunks_exact_mut(all.stride)).zip(scales)
        {
            (*scale, *zero) = round_row(row, &mut codes[..d_in]);
        }
    }
}

/// The codes of a row, its scale and its zero point.
#[inline(always)]
fn round_row(row: &[f32], codes: &mut [u8]) -> (f32, i32) {
    // Adding 1.5 · 2^23 rounds to the nearest whole number, which is left in the low bits.
    const ROUND: f32 = 12_582_912.0;
    let (least, most) = range(row);
    let span = most - least;
    if span < MIN_RANGE {
        codes.fill(0);
        return (0.0, 0);
    }
    // Also of what is not a number or not finite, whose scale then is none; its codes do not matter.
    let scale = span / 255.0;
    let zero = (-least / scale).round_ties_even();
    let inverse = 1.0 / scale;
    for (code, value) in codes.iter_mut().zip(row) {
        let shifted = (value * inverse + (zero + ROUND)).clamp(ROUND, ROUND + 255.0);
        *code = shifted.to_bits() as u8;
    }
    (if scale.is_finite() { scale } else { f32::NAN }, zero as i32)
}

/// The minimum and the maximum of a row and of 0; NaN where a value is not finite.
#[inline(always)]
fn range(row: &[f32]) -> (f32, f32) {
    const LANES: usize = 32;
    let (chunks, rest) = row.as_chunks::<LANES>();
    // 0 for whatever is finite; `max` and `min` overlook what is not a number.
    let mut finite = [0.0_f32; LANES];
    let (mut least, mut most) = ([0.0_f32; LANES], [0.0_f32; LANES]);
    for chunk in chunks {
        for (lane, &value) in chunk.iter().enumerate() {
            finite[lane] += value * 0.0;
            least[lane] = if value < least[lane] { value } else { least[lane] };
            most[lane] = if value > most[lane] { value } else { most[lane] };
        }
    }
    for (lane, &value) in rest.iter().enumerate() {
        finite[lane] += value * 0.0;
        least[lane] = least[lane].min(value);
        most[lane] = most[lane].max(value);
    }
    let finite: f32 = finite.iter().sum();
    let least = least.iter().copied().fold(0.0, f32::min);
    let most = most.iter().copied().fold(0.0, f32::max);
    (least + finite, most + finite)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn codes_stand_for_values(row in prop::collection::vec(-9.0_f32..9.0, 1..80), shift in -20.0_f32..20.0) {
            let row: Vec<f32> = row.iter().map(|value| value + shift).collect();
            let rows = Rows::round(&row, row.len(), row.len(), 1);
            let (scale, zero) = rows.scale_and_zero(0);
            prop_assert!((0..=255).contains(&zero));
            for (&code, value) in rows.codes(0..1).iter().zip(&row) {
                let found = scale * (i32::from(code) - zero) as f32;
                prop_assert!((found - value).abs() <= 1.01 * scale, "{found} for {value}, scale {scale}");
            }
        }
    }

    #[test]
    fn zeros_stay_zeros_and_extremes_have_a_code() {
        let rows = Rows::round(&[0.0, -0.0, 1e-38, -1.0, 2.0, 0.0], 3, 8, 1);
        assert_eq!(rows.scale_and_zero(0), (0.0, 0));
        let (scale, zero) = rows.scale_and_zero(1);
        assert_eq!((rows.codes(1..2)[..3].to_vec(), zero), (vec![0, 255, 85], 85));
        assert!((scale - 3.0 / 255.0).abs() < 1e-7);
    }

    #[test]
    fn a_row_that_is_not_finite_has_a_scale_that_is_no_number() {
        for wrong in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            for length in [3, 40] {
                for at in [0, length - 1] {
                    let mut row = vec![1.0; 2 * length];
                    row[at] = wrong;
                    let rows = Rows::round(&row, length, length, 1);
                    assert!(
                        rows.scale_and_zero(0).0.is_nan() && rows.scale_and_zero(1).0.is_finite(),
                        "{wrong}"
                    );
                }
            }
        }
        assert!(Rows::round(&[3e38, -3e38], 2, 2, 1).scale_and_zero(0).0.is_nan());
    }
}
