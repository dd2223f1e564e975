//! Products with a weight that is laid out once, when the model is loaded.
//!
//! A general product copies its weight into the order of its kernel at every call: a quarter of the time of a small
//! encoder, measured. Here that order is how the weight is kept.

use pulp::{Arch, Simd};

use super::tile::{GROUP, InTiles, PANEL, Tiled, accumulate, strip_columns};

/// A weight of `d_out × d_in`, as strips of as many of its rows as the kernel takes in one pass: for each input the
/// strip's weights one after another, zeros where the last strip ends.
///
/// A strip lies in one piece, so that it streams into the first-level cache: two strips interleaved take about a tenth
/// longer (AVX2, Zen 3).
#[derive(Clone, Debug)]
pub(crate) struct Panels {
    values: Vec<f32>,
    d_in: usize,
    d_out: usize,
    strip: usize,
}

impl Panels {
    /// Lays out a row-major `d_out × d_in` weight for this machine.
    pub(crate) fn new(weight: &[f32], shape: [usize; 2]) -> Self {
        Self::in_strips(weight, shape, strip_columns())
    }

    fn in_strips(weight: &[f32], [d_out, d_in]: [usize; 2], strip: usize) -> Self {
        let mut values = vec![0.0; d_out.next_multiple_of(strip) * d_in];
        for (output, row) in weight.chunks_exact(d_in).enumerate() {
            let weights = &mut values[output / strip * strip * d_in + output % strip..];
            for (slot, &value) in weights.iter_mut().step_by(strip).zip(row) {
                *slot = value;
            }
        }
        Self { values, d_in, d_out, strip }
    }

    /// The weight, row-major, `d_out × d_in`.
    #[cfg(feature = "split")]
    pub(crate) fn to_rows(&self) -> (Vec<f32>, [usize; 2]) {
        let Self { values, d_in, d_out, strip } = self;
        let first = |output: usize| output / strip * strip * d_in + output % strip;
        let inputs = |output: usize| values[first(output)..].iter().step_by(*strip).take(*d_in).copied();
        ((0..*d_out).flat_map(inputs).collect(), [*d_out, *d_in])
    }

    /// `finish(rows Wᵀ + b)` for rows of `n × d_in`, into `n × d_out`; `finish` gets 16 values at a time.
    pub(super) fn write(
        &self,
        results: &mut [f32],
        rows: &[f32],
        bias: &[f32],
        finish: impl Fn(&mut [f32; GROUP]),
    ) {
        let store = |result: &mut [f32], mut sums: [f32; GROUP]| {
            finish(&mut sums);
            match result.first_chunk_mut() {
                Some(result) => *result = sums,
                None => result.copy_from_slice(&sums[..result.len()]),
            }
        };
        self.run(results, rows, bias, store);
    }

    /// `sums += rows Wᵀ + b`, for rows of `n × d_in` and sums of `n × d_out`.
    pub(super) fn add(&self, sums: &mut [f32], rows: &[f32], bias: &[f32]) {
        let store = |result: &mut [f32], sums: [f32; GROUP]| match result.first_chunk_mut::<GROUP>() {
            Some(result) => result.iter_mut().zip(&sums).for_each(|(result, sum)| *result += sum),
            None => result.iter_mut().zip(&sums).for_each(|(result, sum)| *result += sum),
        };
        self.run(sums, rows, bias, store);
    }

    fn run(&self, results: &mut [f32], rows: &[f32], bias: &[f32], store: impl Fn(&mut [f32], [f32; GROUP])) {
        let n = rows.len() / self.d_in;
        assert_eq!(
            (rows.len(), results.len()),
            (n * self.d_in, n * self.d_out),
            "rows and results of a product"
        );
        assert_eq!(bias.len(), self.d_out, "bias of a product");
        Arch::new().dispatch(InTiles(Multiply { panels: self, results, rows, bias, store }));
    }
}

struct Multiply<'p, F> {
    panels: &'p Panels,
    results: &'p mut [f32],
    rows: &'p [f32],
    bias: &'p [f32],
    store: F,
}

impl<F: Fn(&mut [f32], [f32; GROUP])> Tiled for Multiply<'_, F> {
    #[inline(always)]
    fn run<S: Simd, const V: usize, const R: usize>(self, simd: S) {
        let Panels { values, d_in, d_out, strip } = self.panels;
        assert_eq!(*strip, V * S::F32_LANES, "columns of a strip");
        let n = self.rows.len() / d_in;
        for ((weights, bias), at) in
            values.chunks_exact(strip * d_in).zip(self.bias.chunks(*strip)).zip((0..).step_by(*strip))
        {
            let weights = S::as_simd_f32s(weights).0;
            let mut start = [0.0; PANEL];
            start[..bias.len()].copy_from_slice(bias);
            let start: [S::f32s; V] = std::array::from_fn(|vector| S::as_simd_f32s(&start).0[vector]);
            for first in (0..n).step_by(R) {
                // A last tile that is not full computes its last row more than once: sooner done than row by row.
                let rows = std::array::from_fn(|row| &self.rows[(first + row).min(n - 1) * d_in..][..*d_in]);
                let mut sums = [start; R];
                accumulate(simd, rows, weights.chunks_exact(V), &mut sums);
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use pulp::{Scalar, WithSimd};

    use super::*;

    proptest! {
        #[test]
        fn panels_multiply_as_the_formula_says(n in 0_usize..30, d_in in 1_usize..40, d_out in 1_usize..80, seed in 0_u32..99) {
            let number = |i: usize| ((i as u32 * 37 + seed) % 17) as f32 - 8.0;
            let weight: Vec<f32> = (0..d_out * d_in).map(number).collect();
            let rows: Vec<f32> = (0..n * d_in).map(|i| number(i + 5)).collect();
            let bias: Vec<f32> = (0..d_out).map(|i| number(i + 9)).collect();
            let panels = Panels::new(&weight, [d_out, d_in]);
            prop_assert_eq!(panels.to_rows(), (weight.clone(), [d_out, d_in]));
            let (mut written, mut added, mut scalar) = (vec![7.0; n * d_out], vec![1.0; n * d_out], vec![1.0; n * d_out]);
            panels.write(&mut written, &rows, &bias, |sums| sums.iter_mut().for_each(|sum| *sum *= 2.0));
            panels.add(&mut added, &rows, &bias);
            let store = |result: &mut [f32], sums: [f32; GROUP]| result.copy_from_slice(&sums[..result.len()]);
            // The scalar kernel takes 16 columns in one pass.
            let panels = Panels::in_strips(&weight, [d_out, d_in], 16);
            InTiles(Multiply { panels: &panels, results: &mut scalar, rows: &rows, bias: &bias, store }).with_simd(Scalar);
            for (i, j) in (0..n).flat_map(|i| (0..d_out).map(move |j| (i, j))) {
                let sum: f32 = (0..d_in).map(|l| rows[i * d_in + l] * weight[j * d_in + l]).sum();
                prop_assert_eq!(written[i * d_out + j], 2.0 * (bias[j] + sum));
                prop_assert_eq!(added[i * d_out + j], 1.0 + bias[j] + sum);
                prop_assert_eq!(scalar[i * d_out + j], bias[j] + sum);
            }
        }
    }
}
