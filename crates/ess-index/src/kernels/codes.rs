//! Vectors quantised to int8, row by row, and their inner products in integers.
//!
//! A vector is `scale · code` with codes in `-127..=127`, rounded symmetrically; the scale is the vector's own. An
//! inner product of two vectors is the product of their scales and a sum of integers, which is exact, so every
//! kernel gives the same one.

#[cfg(target_arch = "x86_64")]
mod avx2;
mod dispatch;
pub(crate) mod line;
#[cfg(target_arch = "aarch64")]
mod neon;
mod portable;
pub(crate) mod quantise;
#[cfg(target_arch = "aarch64")]
mod sdot;
#[cfg(target_arch = "x86_64")]
mod vnni;

use bytemuck::Zeroable;
use ess_core::MemoryUse;
use ess_files::Values;

use crate::cpu::InstructionSet;
use crate::file::in_memory::InMemory;
use crate::memory_use::total;
use line::LINE;
use quantise::quantise;

/// `n` int8 vectors of `dim` components, row-major.
#[derive(Clone, Debug)]
pub(crate) struct Codes {
    stride: usize,
    codes: Values<i8>,
    scales: Values<f32>,
    // What a query's offset of 128 adds to an inner product with each row.
    offsets: Values<i32>,
    instructions: InstructionSet,
}

/// A vector to compare rows with: codes with an offset of 128, so that they are not negative.
#[derive(Clone, Debug, Default)]
pub(crate) struct ByteQuery {
    codes: Vec<u8>,
    /// What the offset codes are multiplied with.
    pub(crate) scale: f32,
}

impl ByteQuery {
    /// Quantises a vector for rows of `stride` bytes.
    pub(crate) fn new(vector: &[f32], stride: usize) -> Self {
        let mut codes = vec![0_i8; stride];
        let scale = quantise(vector, &mut codes);
        Self { codes: codes.iter().map(|&code| offset(code)).collect(), scale }
    }
}

/// `code + 128`.
fn offset(code: i8) -> u8 {
    code.cast_unsigned() ^ 0x80
}

impl Codes {
    /// Quantises row-major vectors (`n × dim`, whole rows).
    pub(crate) fn new(rows: &[f32], dim: usize) -> Self {
        let (len, stride) = (rows.len() / dim, dim.next_multiple_of(LINE));
        let mut codes = Self {
            stride,
            codes: Vec::with_capacity(len * stride).into(),
            scales: Vec::with_capacity(len).into(),
            offsets: Vec::with_capacity(len).into(),
            instructions: InstructionSet::detect(),
        };
        codes.push(rows, dim);
        codes
    }

    /// Adds row-major vectors (`n × dim`, whole rows) behind the others.
    pub(crate) fn push(&mut self, rows: &[f32], dim: usize) {
        let (codes, scales, offsets) = (self.codes.to_mut(), self.scales.to_mut(), self.offsets.to_mut());
        for row in rows.chunks_exact(dim) {
            let start = codes.len();
            codes.resize(start + self.stride, i8::zeroed());
            scales.push(quantise(row, &mut codes[start..]));
            offsets.push(128 * codes[start..].iter().map(|&code| i32::from(code)).sum::<i32>());
        }
    }

    /// The number of rows.
    pub(crate) fn len(&self) -> usize {
        self.scales.len()
    }

    /// The bytes of a row, for queries.
    pub(crate) fn stride(&self) -> usize {
        self.stride
    }

    /// What the codes of a row are multiplied with.
    pub(crate) fn scale(&self, row: usize) -> f32 {
        self.scales[row]
    }

    /// The norm of the codes of a row, without their scale.
    pub(crate) fn norm(&self, row: usize) -> f32 {
        let squares: i64 = self.row(row).iter().map(|&code| i64::from(code).pow(2)).sum();
        (squares as f32).sqrt()
    }

    /// Makes a row the vector to compare with.
    pub(crate) fn row_as_query(&self, row: usize, query: &mut ByteQuery) {
        query.codes.clear();
        query.codes.extend(self.row(row).iter().map(|&code| offset(code)));
        query.scale = self.scales[row];
    }

    /// The inner products of the codes of a query and of the rows named, all of them below [`Codes::len`].
    #[inline]
    pub(crate) fn products(&self, query: &ByteQuery, rows: &[u32], products: &mut Vec<i32>) {
        products.resize(rows.len(), 0);
        self.instructions.row_products(&query.codes, (&self.codes, &self.offsets), rows, products);
    }

    /// The arrays to keep in a file: codes, scales, offsets.
    pub(crate) fn parts(&self) -> (&[i8], &[f32], &[i32]) {
        (&self.codes, &self.scales, &self.offsets)
    }

    /// What [`Codes::parts`] gave, of `dim` components a row; all of the same number of rows.
    pub(crate) fn from_parts(
        dim: usize,
        codes: Values<i8>,
        scales: Values<f32>,
        offsets: Values<i32>,
    ) -> Self {
        let instructions = InstructionSet::detect();
        Self { stride: dim.next_multiple_of(LINE), codes, scales, offsets, instructions }
    }

    /// How much memory the codes take.
    pub(crate) fn memory_use(&self) -> MemoryUse {
        total([self.codes.memory_use(), self.scales.memory_use(), self.offsets.memory_use()])
    }

    fn row(&self, row: usize) -> &[i8] {
        &self.codes[row * self.stride..(row + 1) * self.stride]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn every_kernel_gives_the_same_products(
            n in 1_usize..20, dim in 1_usize..200, values in prop::collection::vec(-1.0_f32..1.0, 21 * 200),
        ) {
            let mut codes = Codes::new(&values[..n * dim], dim);
            let query = ByteQuery::new(&values[n * dim..(n + 1) * dim], codes.stride());
            let rows: Vec<u32> = (0..n as u32).rev().collect();
            let expected: Vec<i32> = rows
                .iter()
                .map(|&row| {
                    let codes = codes.row(row as usize).iter().zip(&query.codes);
                    codes.map(|(&x, &q)| i32::from(x) * (i32::from(q) - 128)).sum()
                })
                .collect();
            for instructions in InstructionSet::available() {
                codes.instructions = instructions;
                let mut found = Vec::new();
                codes.products(&query, &rows, &mut found);
                prop_assert_eq!(&found, &expected, "{:?}", instructions);
            }
        }

        #[test]
        fn rounding_moves_a_number_by_half_a_step(vector in prop::collection::vec(-1e3_f32..1e3, 1..100)) {
            let codes = Codes::new(&vector, vector.len());
            let scale = codes.scale(0);
            for (x, &code) in vector.iter().zip(codes.row(0)) {
                prop_assert!((x - scale * f32::from(code)).abs() <= scale * 0.5001);
            }
        }
    }

    #[test]
    fn a_row_has_a_scale_a_norm_of_its_codes_and_whole_lines_of_memory() {
        let mut codes = Codes::new(&[0.5, -1.0, 0.0, 2.0, 0.0, 0.0], 3);
        assert_eq!((codes.len(), codes.stride()), (2, LINE));
        // 0.5 is 63.5 steps, rounded away from 0.
        assert_eq!(codes.row(0)[..4], [64, -127, 0, 0]);
        assert_eq!([codes.scale(0), codes.scale(1)], [1.0 / 127.0, 2.0 / 127.0]);
        assert_eq!([codes.norm(0), codes.norm(1)], [(64.0_f32 * 64.0 + 127.0 * 127.0).sqrt(), 127.0]);
        codes.push(&[1.0, 1.0, 1.0], 3);
        let row = LINE + size_of::<f32>() + size_of::<i32>();
        let (bytes, scales, offsets) = codes.parts();
        let again =
            Codes::from_parts(3, bytes.to_vec().into(), scales.to_vec().into(), offsets.to_vec().into());
        assert_eq!(again.memory_use(), MemoryUse { owned: 3 * row, mapped: 0 });
        let longest = Codes::new(&[1.0; 2 * (LINE + 1)], LINE + 1);
        assert_eq!((longest.stride(), longest.len()), (2 * LINE, 2));
    }

    #[test]
    fn queries_are_offset_to_bytes_that_are_not_negative() {
        assert_eq!([-127, -1, 0, 1, 127].map(offset), [1, 127, 128, 129, 255]);
        let query = ByteQuery::new(&[-127.0, -5.0, 3.0], LINE);
        assert_eq!((&query.codes[..4], query.scale), (&[1, 123, 131, 128][..], 1.0));
        let codes = Codes::new(&[-127.0, -5.0, 3.0], 3);
        let mut row = ByteQuery::default();
        codes.row_as_query(0, &mut row);
        assert_eq!((row.codes, row.scale), (query.codes, 1.0));
        assert_eq!(codes.parts().2, [128 * (-127 - 5 + 3)]);
    }

    #[test]
    fn the_largest_codes_do_not_overflow() {
        let dim = 1000;
        let rows = [vec![1.0; dim], vec![-1.0; dim]].concat();
        let mut codes = Codes::new(&rows, dim);
        for instructions in InstructionSet::available() {
            codes.instructions = instructions;
            let mut query = ByteQuery::default();
            codes.row_as_query(0, &mut query);
            let mut found = Vec::new();
            codes.products(&query, &[0, 1], &mut found);
            assert_eq!(found, [127 * 127 * 1000, -127 * 127 * 1000], "{instructions:?}");
        }
    }

    #[test]
    fn zeros_and_tiny_and_huge_numbers_are_rounded_to_finite_ones() {
        for value in [0.0, f32::MIN_POSITIVE / 64.0, f32::MAX] {
            let codes = Codes::new(&[value, -value], 2);
            assert!(codes.scale(0).is_finite());
            assert_eq!(codes.row(0)[0], -codes.row(0)[1]);
        }
    }
}
