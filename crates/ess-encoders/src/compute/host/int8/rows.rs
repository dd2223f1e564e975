//! Rows rounded to 8 bits, each with a scale of its own, but for their largest value.
//!
//! After a normalisation one value of a row is often several times as large as all others, which it would take most of the
//! codes from: of all-MiniLM-L6-v2 rounding the inputs of queries, keys and values then cost 14 times as much.

use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};

/// Rows as codes from 0 to 255: a value is `scale (code - zero)`, but for one that stands out.
pub(super) struct Rows {
    codes: Vec<u8>,
    scales: Vec<f32>,
    zeros: Vec<i32>,
    outliers: Vec<Outlier>,
    /// How many codes behind each other rows begin.
    stride: usize,
}

/// A value that is kept as it is, and where in its row; its code stands for 0. 0 where no value stands out.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Outlier {
    pub(super) at: usize,
    pub(super) value: f32,
}

/// A value stands out where the others have less than this share of the row's range. Else products with it would take time for
/// little.
const SHARE_OF_RANGE: f32 = 0.75;

/// The smallest range of a row that is told from zeros.
const MIN_RANGE: f32 = 1e-30;

impl Rows {
    /// Rounds rows of `n × d_in`, to codes that begin `stride` apart, with zeros behind each row and to a multiple of `together`
    /// rows. A row that is not finite gets a scale that is no number.
    pub(super) fn round(rows: &[f32], d_in: usize, stride: usize, together: usize) -> Self {
        let n = rows.len() / d_in;
        let codes = vec![0; n.next_multiple_of(together) * stride];
        let mut all = Self {
            codes,
            scales: vec![0.0; n],
            zeros: vec![0; n],
            outliers: vec![Outlier::default(); n],
            stride,
        };
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

    #[inline(always)]
    pub(super) fn outlier(&self, row: usize) -> Outlier {
        self.outliers[row]
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
        let scales = all.scales.iter_mut().zip(&mut all.zeros).zip(&mut all.outliers);
        for ((row, codes), ((scale, zero), outlier)) in
            rows.chunks_exact(d_in).zip(all.codes.chunks_exact_mut(all.stride)).zip(scales)
        {
            let codes = &mut codes[..d_in];
            let mut range = range(row);
            let rest = range.without_the_largest();
            if rest.span() < SHARE_OF_RANGE * range.span() {
                let at = position(row, range.largest());
                *outlier = Outlier { at, value: row[at] };
                range = rest;
            }
            (*scale, *zero) = round_row(row, range, codes);
            if outlier.value != 0.0 {
                codes[outlier.at] = *zero as u8;
            }
        }
    }
}

/// The codes of a row, its scale and its zero point.
#[inline(always)]
fn round_row(row: &[f32], range: RowRange, codes: &mut [u8]) -> (f32, i32) {
    // Adding 1.5 · 2^23 rounds to the nearest whole number, which is left in the low bits.
    const ROUND: f32 = 12_582_912.0;
    let span = range.span();
    if span < MIN_RANGE {
        codes.fill(0);
        return (0.0, 0);
    }
    // Also of what is not a number or not finite, whose scale then is none; its codes do not matter.
    let scale = span / 255.0;
    let zero = (-range.least[0] / scale).round_ties_even();
    let inverse = 1.0 / scale;
    for (code, value) in codes.iter_mut().zip(row) {
        let shifted = (value * inverse + (zero + ROUND)).clamp(ROUND, ROUND + 255.0);
        *code = shifted.to_bits() as u8;
    }
    (if scale.is_finite() { scale } else { f32::NAN }, zero as i32)
}

/// The two smallest and the two largest values of a row and of zeros, the outermost first; NaN where a value is not finite.
#[derive(Clone, Copy)]
struct RowRange {
    least: [f32; 2],
    most: [f32; 2],
}

impl RowRange {
    #[inline(always)]
    fn span(self) -> f32 {
        self.most[0] - self.least[0]
    }

    /// The value with the largest absolute value.
    #[inline(always)]
    fn largest(self) -> f32 {
        if self.most[0] >= -self.least[0] { self.most[0] } else { self.least[0] }
    }

    #[inline(always)]
    fn without_the_largest(self) -> Self {
        match self.most[0] >= -self.least[0] {
            true => Self { most: [self.most[1]; 2], ..self },
            false => Self { least: [self.least[1]; 2], ..self },
        }
    }

    #[inline(always)]
    fn with(&mut self, value: f32) {
        let [least, most] = [&mut self.least, &mut self.most];
        most[1] = larger(most[1], smaller(most[0], value));
        most[0] = larger(most[0], value);
        least[1] = smaller(least[1], larger(least[0], value));
        least[0] = smaller(least[0], value);
    }
}

/// The larger one, the first where one is no number: one instruction, unlike `f32::max`.
#[inline(always)]
fn larger(a: f32, b: f32) -> f32 {
    if b > a { b } else { a }
}

#[inline(always)]
fn smaller(a: f32, b: f32) -> f32 {
    if b < a { b } else { a }
}

#[inline(always)]
fn range(row: &[f32]) -> RowRange {
    const LANES: usize = 32;
    let (chunks, rest) = row.as_chunks::<LANES>();
    // 0 for whatever is finite; comparisons overlook what is not a number.
    let mut finite = [0.0_f32; LANES];
    let (mut least, mut most) = ([[0.0_f32; LANES]; 2], [[0.0_f32; LANES]; 2]);
    for chunk in chunks {
        for (lane, &value) in chunk.iter().enumerate() {
            finite[lane] += value * 0.0;
            most[1][lane] = larger(most[1][lane], smaller(most[0][lane], value));
            most[0][lane] = larger(most[0][lane], value);
            least[1][lane] = smaller(least[1][lane], larger(least[0][lane], value));
            least[0][lane] = smaller(least[0][lane], value);
        }
    }
    let mut finite: f32 = finite.iter().sum();
    let mut all = RowRange { least: [0.0; 2], most: [0.0; 2] };
    for &value in least.as_flattened().iter().chain(most.as_flattened()) {
        all.with(value);
    }
    for &value in rest {
        finite += value * 0.0;
        all.with(value);
    }
    RowRange { least: all.least.map(|value| value + finite), most: all.most.map(|value| value + finite) }
}

/// Where a row has a value that it surely has.
#[inline(always)]
fn position(row: &[f32], value: f32) -> usize {
    const LANES: usize = 32;
    let there = |chunk: &[f32; LANES]| chunk.iter().fold(false, |there, &other| there | (other == value));
    let first = row.as_chunks::<LANES>().0.iter().position(there).unwrap_or(row.len() / LANES) * LANES;
    first + row[first..].iter().position(|&other| other == value).unwrap_or(0)
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
            let ((scale, zero), outlier) = (rows.scale_and_zero(0), rows.outlier(0));
            prop_assert!((0..=255).contains(&zero));
            for (at, (&code, value)) in rows.codes(0..1).iter().zip(&row).enumerate() {
                let kept = if at == outlier.at { outlier.value } else { 0.0 };
                let found = scale * (i32::from(code) - zero) as f32 + kept;
                prop_assert!((found - value).abs() <= 1.01 * scale, "{found} for {value}, scale {scale}");
            }
        }
    }

    #[test]
    fn zeros_stay_zeros_and_extremes_have_a_code() {
        let rows = Rows::round(&[0.0, -0.0, 1e-38, 0.0, -1.0, 2.0, 0.0, 2.0], 4, 8, 1);
        assert_eq!(rows.scale_and_zero(0), (0.0, 0));
        let (scale, zero) = rows.scale_and_zero(1);
        assert_eq!((rows.codes(1..2)[..4].to_vec(), zero), (vec![0, 255, 85, 255], 85));
        assert!((scale - 3.0 / 255.0).abs() < 1e-7 && rows.outlier(1).value == 0.0);
    }

    #[test]
    fn a_value_that_stands_out_is_kept_and_leaves_the_others_their_codes() {
        for (length, at, value) in [(5, 2, -40.0), (70, 69, 40.0), (70, 33, -40.0), (64, 0, 40.0)] {
            let mut row: Vec<f32> = (0..length).map(|i| i as f32 / length as f32 - 0.5).collect();
            row[at] = value;
            let rows = Rows::round(&row, length, length, 1);
            let ((scale, zero), codes) = (rows.scale_and_zero(0), rows.codes(0..1));
            assert_eq!((rows.outlier(0), i32::from(codes[at])), (Outlier { at, value }, zero));
            assert!(scale < 1.0 / 255.0, "{scale}");
        }
        let alone = Rows::round(&[0.0, 5.0, 0.0], 3, 3, 1);
        assert_eq!((alone.outlier(0), alone.scale_and_zero(0)), (Outlier { at: 1, value: 5.0 }, (0.0, 0)));
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
        assert!(Rows::round(&[3e38, 3e38, -3e38], 3, 3, 1).scale_and_zero(0).0.is_nan());
    }
}
