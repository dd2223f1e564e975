//! Products with a weight that is laid out once, when the model is loaded.
//!
//! A general product copies its weight into the order of its kernel at every call: a quarter of the time of a small
//! encoder, measured. Here that order is how the weight is kept.

use ess_tiles::{Block, Columns, Matrix, Parts, Tiles};
use half::bf16;
use pulp::{Arch, Simd, WithSimd};

use super::{
    cache_lines::Aligned,
    tile::{GROUP, InTiles, PANEL, Tiled, accumulate, strip_columns},
};

/// A weight of `d_out × d_in`, for the processor's tile unit where it has one. Else it is kept as strips of as many of its
/// rows as the kernel takes in one pass: for each input the strip's weights one after another, zeros where the last strip
/// ends.
///
/// A strip lies in one piece, so that it streams into the first-level cache: two strips interleaved take about a tenth
/// longer (AVX2, Zen 3).
#[derive(Clone, Debug)]
pub(crate) struct Panels {
    values: Values,
    d_in: usize,
    d_out: usize,
    strip: usize,
}

#[derive(Clone, Debug)]
enum Values {
    Tiles(Tiles, Columns),
    F32(Aligned),
    /// The bits of bfloat16: the upper half of a number in `f32`.
    Bf16(Vec<u16>),
}

impl Panels {
    /// Lays out a row-major `d_out × d_in` weight for this machine.
    pub(crate) fn new(weight: &[f32], shape: [usize; 2]) -> Self {
        match Tiles::detect() {
            Some(tiles) => Self::in_tiles(tiles, weight, shape, Parts::Full),
            None => Self::in_vectors(weight, shape),
        }
    }

    fn in_tiles(tiles: Tiles, weight: &[f32], shape: [usize; 2], parts: Parts) -> Self {
        let columns = tiles.columns(Matrix::new(weight, shape, shape[1]), parts);
        Self::of(Values::Tiles(tiles, columns), shape, strip_columns())
    }

    fn in_vectors(weight: &[f32], shape: [usize; 2]) -> Self {
        let strip = strip_columns();
        Self::of(Values::F32(numbers_in_strips(weight, shape, strip)), shape, strip)
    }

    /// Lays out a row-major `d_out × d_in` weight, rounded to bfloat16, for this machine.
    pub(super) fn rounded(weight: &[f32], shape: [usize; 2]) -> Self {
        match Tiles::detect() {
            Some(tiles) => Self::in_tiles(tiles, weight, shape, Parts::Rounded),
            None => Self::rounded_in_vectors(weight, shape),
        }
    }

    fn rounded_in_vectors(weight: &[f32], shape: [usize; 2]) -> Self {
        let strip = strip_columns();
        let mut bits = vec![0; in_strips(shape, strip)];
        lay_out(&mut bits, weight, shape, strip, |value| bf16::from_f32(value).to_bits());
        Self::of(Values::Bf16(bits), shape, strip)
    }

    fn of(values: Values, [d_out, d_in]: [usize; 2], strip: usize) -> Self {
        Self { values, d_in, d_out, strip }
    }

    /// The weight, row-major, `d_out × d_in`.
    #[cfg(feature = "split")]
    pub(crate) fn to_rows(&self) -> (Vec<f32>, [usize; 2]) {
        if let Values::Tiles(_, columns) = &self.values {
            return (columns.to_rows(), [self.d_out, self.d_in]);
        }
        let Self { values, d_in, d_out, strip } = self;
        let value = |at: usize| match values {
            Values::Tiles(..) => unreachable!("tiles are not strips"),
            Values::F32(values) => values.as_slice()[at],
            Values::Bf16(values) => widened(values[at]),
        };
        let first = |output: usize| output / strip * strip * d_in + output % strip;
        let inputs = |output: usize| (0..*d_in).map(move |input| value(first(output) + input * strip));
        ((0..*d_out).flat_map(inputs).collect(), [*d_out, *d_in])
    }

    /// Gives `store` 16 values at a time of `rows Wᵀ + b`, with their positions in the results.
    pub(super) fn run(
        &self,
        results: &mut [f32],
        rows: &[f32],
        bias: &[f32],
        store: impl Fn(&mut [f32], [f32; GROUP]),
    ) {
        checked_rows(rows, results, bias, [self.d_out, self.d_in]);
        match &self.values {
            Values::Tiles(tiles, columns) => {
                tiles.multiply(Matrix::dense(rows, self.d_in), columns, |block| {
                    let results = &mut results[block.first_row * self.d_out..];
                    Arch::new().dispatch(StoreBlock { block, results, bias, store: &store });
                })
            }
            Values::F32(values) => {
                let values = values.as_slice();
                let product = Multiply { panels: self, values, results, rows, bias, at: 0, store: &store };
                Arch::new().dispatch(InTiles(product));
            }
            Values::Bf16(values) => {
                // Widened once a strip, which all rows are multiplied with.
                let mut wide = Aligned::zeros(self.strip * self.d_in);
                let wide = wide.as_mut_slice();
                let strips = values.chunks_exact(wide.len()).zip(bias.chunks(self.strip));
                for ((bits, bias), at) in strips.zip((0..).step_by(self.strip)) {
                    wide.iter_mut().zip(bits).for_each(|(wide, &bits)| *wide = widened(bits));
                    let (values, results) = (&*wide, &mut *results);
                    let product = Multiply { panels: self, values, results, rows, bias, at, store: &store };
                    Arch::new().dispatch(InTiles(product));
                }
            }
        }
    }
}

/// Adds the bias to a block of sums, and stores it. A type of its own, because a closure is not compiled for the machine's vectors.
struct StoreBlock<'b, F> {
    block: Block<'b>,
    /// Rows from the block's first one on.
    results: &'b mut [f32],
    bias: &'b [f32],
    store: &'b F,
}

impl<F: Fn(&mut [f32], [f32; GROUP])> WithSimd for StoreBlock<'_, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { block, results, bias, store } = self;
        let columns = block.first_column..block.first_column + block.columns;
        let mut start = [0.0; PANEL];
        start[..block.columns].copy_from_slice(&bias[columns.clone()]);
        for (sums, results) in block.sums.iter().zip(results.chunks_exact_mut(bias.len())) {
            let groups = sums.as_chunks::<GROUP>().0.iter().zip(start.as_chunks::<GROUP>().0);
            for (results, (sums, start)) in results[columns.clone()].chunks_mut(GROUP).zip(groups) {
                let mut values = *start;
                values.iter_mut().zip(sums).for_each(|(value, sum)| *value += sum);
                store(results, values);
            }
        }
    }
}

/// How many numbers a weight takes in strips.
fn in_strips([d_out, d_in]: [usize; 2], strip: usize) -> usize {
    d_out.next_multiple_of(strip) * d_in
}

fn numbers_in_strips(weight: &[f32], shape: [usize; 2], strip: usize) -> Aligned {
    let mut values = Aligned::zeros(in_strips(shape, strip));
    lay_out(values.as_mut_slice(), weight, shape, strip, |value| value);
    values
}

/// Puts `value` of each weight where the kernel has it.
fn lay_out<T>(
    values: &mut [T],
    weight: &[f32],
    [_, d_in]: [usize; 2],
    strip: usize,
    value: impl Fn(f32) -> T,
) {
    for (output, row) in weight.chunks_exact(d_in).enumerate() {
        let weights = &mut values[output / strip * strip * d_in + output % strip..];
        for (slot, &weight) in weights.iter_mut().step_by(strip).zip(row) {
            *slot = value(weight);
        }
    }
}

#[inline(always)]
fn widened(bits: u16) -> f32 {
    f32::from_bits(u32::from(bits) << 16)
}

struct Multiply<'p, F> {
    panels: &'p Panels,
    /// Strips, the first of which has the columns from `at` on.
    values: &'p [f32],
    results: &'p mut [f32],
    rows: &'p [f32],
    /// Of the columns from `at` on.
    bias: &'p [f32],
    at: usize,
    store: &'p F,
}

impl<F: Fn(&mut [f32], [f32; GROUP])> Tiled for Multiply<'_, F> {
    #[inline(always)]
    fn run<S: Simd, const V: usize, const R: usize>(self, simd: S) {
        let Panels { d_in, d_out, strip, .. } = self.panels;
        assert_eq!(*strip, V * S::F32_LANES, "columns of a strip");
        let n = self.rows.len() / d_in;
        for ((weights, bias), at) in self
            .values
            .chunks_exact(strip * d_in)
            .zip(self.bias.chunks(*strip))
            .zip((self.at..).step_by(*strip))
        {
            let weights = S::as_simd_f32s(weights).0.as_chunks::<V>().0;
            let mut start = [0.0; PANEL];
            start[..bias.len()].copy_from_slice(bias);
            let start: [S::f32s; V] = std::array::from_fn(|vector| S::as_simd_f32s(&start).0[vector]);
            for first in (0..n).step_by(R) {
                // A last tile that is not full computes its last row more than once: sooner done than row by row.
                let rows = std::array::from_fn(|row| &self.rows[(first + row).min(n - 1) * d_in..][..*d_in]);
                let mut sums = [start; R];
                accumulate(simd, rows, weights.iter(), &mut sums);
                for (row, sums) in (first..n).zip(&sums) {
                    let mut tile = [0.0; PANEL];
                    S::as_mut_simd_f32s(&mut tile[..*strip]).0.copy_from_slice(sums);
                    let results = &mut self.results[row * d_out + at..][..bias.len()];
                    for (results, &sums) in results.chunks_mut(GROUP).zip(tile.as_chunks::<GROUP>().0) {
                        (self.store)(results, sums);
                    }
                }
            }
        }
    }
}

/// How many rows a product with a weight of `d_out × d_in` has.
///
/// # Panics
/// When rows, results and bias do not fit each other.
pub(super) fn checked_rows(rows: &[f32], results: &[f32], bias: &[f32], [d_out, d_in]: [usize; 2]) -> usize {
    let n = rows.len() / d_in;
    assert_eq!((rows.len(), results.len()), (n * d_in, n * d_out), "rows and results of a product");
    assert_eq!(bias.len(), d_out, "bias of a product");
    n
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use pulp::Scalar;

    use super::{super::weight::HostWeight, *};

    proptest! {
        #[test]
        fn panels_multiply_as_the_formula_says(n in 0_usize..30, d_in in 1_usize..40, d_out in 1_usize..80, seed in 0_u32..99) {
            let number = |i: usize| ((i as u32 * 37 + seed) % 17) as f32 - 8.0;
            let weight: Vec<f32> = (0..d_out * d_in).map(number).collect();
            let rows: Vec<f32> = (0..n * d_in).map(|i| number(i + 5)).collect();
            let bias: Vec<f32> = (0..d_out).map(|i| number(i + 9)).collect();
            let [mut written, mut added, mut scalar] = [7.0, 1.0, 1.0].map(|start| vec![start; n * d_out]);
            // Whole numbers below 256 are what they are in bfloat16.
            for layout in [Panels::new, Panels::rounded, Panels::in_vectors, Panels::rounded_in_vectors] {
                let panels = HostWeight::Float(layout(&weight, [d_out, d_in]));
                prop_assert_eq!(panels.to_rows(), (weight.clone(), [d_out, d_in]));
                written.fill(7.0);
                panels.write(&mut written, &rows, &bias, |sums| sums.iter_mut().for_each(|sum| *sum *= 2.0));
                added.fill(1.0);
                panels.add(&mut added, &rows, &bias);
                for (i, j) in (0..n).flat_map(|i| (0..d_out).map(move |j| (i, j))) {
                    let sum: f32 = (0..d_in).map(|l| rows[i * d_in + l] * weight[j * d_in + l]).sum();
                    prop_assert_eq!(written[i * d_out + j], 2.0 * (bias[j] + sum));
                    prop_assert_eq!(added[i * d_out + j], 1.0 + bias[j] + sum);
                }
            }
            let store = |result: &mut [f32], sums: [f32; GROUP]| result.copy_from_slice(&sums[..result.len()]);
            // The scalar kernel takes 16 columns in one pass.
            let values = numbers_in_strips(&weight, [d_out, d_in], 16);
            let panels = Panels::of(Values::F32(values), [d_out, d_in], 16);
            let Values::F32(values) = &panels.values else { unreachable!() };
            let values = values.as_slice();
            let product = Multiply { panels: &panels, values, results: &mut scalar, rows: &rows, bias: &bias, at: 0, store: &store };
            InTiles(product).with_simd(Scalar);
            for (i, j) in (0..n).flat_map(|i| (0..d_out).map(move |j| (i, j))) {
                let sum: f32 = (0..d_in).map(|l| rows[i * d_in + l] * weight[j * d_in + l]).sum();
                prop_assert_eq!(scalar[i * d_out + j], bias[j] + sum);
            }
        }
    }
    #[test]
    fn weights_of_two_bytes_are_the_nearest_ones() {
        let weight = [1.0, 1.003, -1.005, 1e-3, f32::NAN, f32::INFINITY];
        let (kept, _) = Panels::rounded(&weight, [2, 3]).to_rows();
        assert_eq!(kept[..4], [1.0, 1.0, -1.007_812_5, 0.000_999_450_7]);
        assert!(kept[4].is_nan() && kept[5] == f32::INFINITY);
    }
}
