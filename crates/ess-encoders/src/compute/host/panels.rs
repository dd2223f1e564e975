//! Products with a weight that is laid out once, when the model is loaded.
//!
//! A general product copies its weight into the order of its kernel at every call: a quarter of the time of a small
//! encoder, measured. Here that order is how the weight is kept.

use pulp::{Arch, Simd};

use super::tile::{InTiles, PANEL, Tiled, tile};

/// A weight of `d_out × d_in`, as panels of 32 of its rows: for each input the 32 weights one after another, zeros where
/// the last panel ends.
#[derive(Clone, Debug)]
pub(crate) struct Panels {
    values: Vec<f32>,
    d_in: usize,
    d_out: usize,
}

impl Panels {
    /// Lays out a row-major `d_out × d_in` weight.
    pub(crate) fn new(weight: &[f32], [d_out, d_in]: [usize; 2]) -> Self {
        let mut values = vec![0.0; d_out.div_ceil(PANEL) * PANEL * d_in];
        for (output, row) in weight.chunks_exact(d_in).enumerate() {
            let panel = &mut values[output / PANEL * PANEL * d_in..];
            for (input, &value) in row.iter().enumerate() {
                panel[input * PANEL + output % PANEL] = value;
            }
        }
        Self { values, d_in, d_out }
    }

    /// The weight, row-major, `d_out × d_in`.
    #[cfg(feature = "split")]
    pub(crate) fn to_rows(&self) -> (Vec<f32>, [usize; 2]) {
        let value = |output: usize, input: usize| {
            self.values[output / PANEL * PANEL * self.d_in + input * PANEL + output % PANEL]
        };
        let inputs = |output: usize| (0..self.d_in).map(move |input| value(output, input));
        ((0..self.d_out).flat_map(inputs).collect(), [self.d_out, self.d_in])
    }

    /// `finish(rows Wᵀ + b)` for rows of `n × d_in`, into `n × d_out`; `finish` gets 32 values at a time.
    pub(super) fn write(
        &self,
        results: &mut [f32],
        rows: &[f32],
        bias: &[f32],
        finish: impl Fn(&mut [f32; PANEL]),
    ) {
        let store = |result: &mut [f32], mut sums: [f32; PANEL]| {
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
        let store = |result: &mut [f32], sums: [f32; PANEL]| match result.first_chunk_mut::<PANEL>() {
            Some(result) => result.iter_mut().zip(&sums).for_each(|(result, sum)| *result += sum),
            None => result.iter_mut().zip(&sums).for_each(|(result, sum)| *result += sum),
        };
        self.run(sums, rows, bias, store);
    }

    fn run(&self, results: &mut [f32], rows: &[f32], bias: &[f32], store: impl Fn(&mut [f32], [f32; PANEL])) {
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

impl<F: Fn(&mut [f32], [f32; PANEL])> Tiled for Multiply<'_, F> {
    #[inline(always)]
    fn run<S: Simd, const V: usize, const R: usize>(self, simd: S) {
        let Panels { values, d_in, d_out } = self.panels;
        let n = self.rows.len() / d_in;
        for (number, bias) in self.bias.chunks(PANEL).enumerate() {
            let panel = &values[number * PANEL * d_in..][..PANEL * d_in];
            let mut start = [0.0; PANEL];
            start[..bias.len()].copy_from_slice(bias);
            for first in (0..n).step_by(R) {
                // A last tile that is not full computes its last row more than once: sooner done than row by row.
                let rows = std::array::from_fn(|row| &self.rows[(first + row).min(n - 1) * d_in..][..*d_in]);
                let tile = tile::<S, V, R>(simd, rows, panel, &start);
                for (row, sums) in (first..n).zip(tile) {
                    let result = &mut self.results[row * d_out + number * PANEL..][..bias.len()];
                    (self.store)(result, sums);
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
            let store = |result: &mut [f32], sums: [f32; PANEL]| result.copy_from_slice(&sums[..result.len()]);
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
