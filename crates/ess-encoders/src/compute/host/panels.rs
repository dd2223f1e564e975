//! Products with a weight that is laid out once, when the model is loaded.
//!
//! A general product copies its weight into the order of its kernel at every call: a quarter of the time of a small
//! encoder, measured. Here that order is how the weight is kept.

use pulp::{Arch, Simd, WithSimd};

// Columns of a panel: two vectors of 16 numbers.
const PANEL: usize = 32;

/// A weight of `d_out × d_in`, as panels of 32 of its rows: for each input the 32 numbers one after another, zeros where
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
    pub(crate) fn to_rows(&self) -> (Vec<f32>, [usize; 2]) {
        let value = |output: usize, input: usize| {
            self.values[output / PANEL * PANEL * self.d_in + input * PANEL + output % PANEL]
        };
        let inputs = |output: usize| (0..self.d_in).map(move |input| value(output, input));
        ((0..self.d_out).flat_map(inputs).collect(), [self.d_out, self.d_in])
    }

    /// `sums += rows Wᵀ`, for `n × d_in` numbers and `n × d_out` sums; then `finish` on each row of a panel.
    pub(crate) fn accumulate(&self, sums: &mut [f32], rows: &[f32], finish: impl Fn(&mut [f32])) {
        let n = rows.len() / self.d_in;
        assert_eq!((rows.len(), sums.len()), (n * self.d_in, n * self.d_out), "rows and sums of a product");
        Arch::new().dispatch(Accumulate { panels: self, sums, rows, finish });
    }
}

struct Accumulate<'p, F> {
    panels: &'p Panels,
    sums: &'p mut [f32],
    rows: &'p [f32],
    finish: F,
}

impl<F: Fn(&mut [f32])> WithSimd for Accumulate<'_, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        // As many accumulators as the registers hold, beside the weight's numbers and one of the input.
        match S::F32_LANES {
            16 => self.run::<S, 2, 12>(simd),
            8 => self.run::<S, 2, 6>(simd),
            4 => self.run::<S, 4, 4>(simd),
            _ => self.run::<S, 16, 1>(simd),
        }
    }
}

impl<F: Fn(&mut [f32])> Accumulate<'_, F> {
    /// `V` vectors of outputs by `R` rows at a time.
    #[inline(always)]
    fn run<S: Simd, const V: usize, const R: usize>(mut self, simd: S) {
        let d_in = self.panels.d_in;
        let n = self.rows.len() / d_in;
        for panel in 0..self.panels.d_out.div_ceil(PANEL) {
            let mut first = 0;
            while first + R <= n {
                self.tiles::<S, V, R>(simd, panel, first);
                first += R;
            }
            for row in first..n {
                self.tiles::<S, V, 1>(simd, panel, row);
            }
        }
    }

    /// One panel's outputs of `R` rows.
    #[inline(always)]
    fn tiles<S: Simd, const V: usize, const R: usize>(&mut self, simd: S, panel: usize, first: usize) {
        let Panels { values, d_in, d_out } = self.panels;
        let weights = &values[panel * PANEL * d_in..][..PANEL * d_in];
        let rows: [&[f32]; R] = std::array::from_fn(|row| &self.rows[(first + row) * d_in..][..*d_in]);
        let mut tile = [[0.0_f32; PANEL]; R];
        for at in (0..PANEL).step_by(V * S::F32_LANES) {
            let sums = tile_sums::<S, V, R>(simd, rows, weights, at);
            for (tile, sums) in tile.iter_mut().zip(&sums) {
                S::as_mut_simd_f32s(&mut tile[at..at + V * S::F32_LANES]).0.copy_from_slice(sums);
            }
        }
        let outputs = panel * PANEL..d_out.min(&((panel + 1) * PANEL)).to_owned();
        for (row, tile) in tile.iter().enumerate() {
            let sums = &mut self.sums[(first + row) * d_out..][outputs.clone()];
            sums.iter_mut().zip(tile).for_each(|(sum, value)| *sum += value);
            (self.finish)(sums);
        }
    }
}

/// The products of `R` rows with `V` vectors of a panel, from its column `at` on.
#[inline(always)]
fn tile_sums<S: Simd, const V: usize, const R: usize>(
    simd: S,
    rows: [&[f32]; R],
    weights: &[f32],
    at: usize,
) -> [[S::f32s; V]; R] {
    let mut sums = [[simd.splat_f32s(0.0); V]; R];
    for (input, weights) in weights.as_chunks::<PANEL>().0.iter().enumerate() {
        let weights = S::as_simd_f32s(&weights[at..at + V * S::F32_LANES]).0;
        for (sums, row) in sums.iter_mut().zip(&rows) {
            let value = simd.splat_f32s(row[input]);
            for (sum, &weight) in sums.iter_mut().zip(weights) {
                *sum = simd.mul_add_e_f32s(value, weight, *sum);
            }
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use pulp::Scalar;

    use super::*;

    proptest! {
        #[test]
        fn panels_multiply_as_the_formula_says(n in 0_usize..30, d_in in 1_usize..40, d_out in 1_usize..80, seed in 0_u32..99) {
            let number = |i: usize| ((i as u32 * 37 + seed) % 17) as f32 - 8.0;
            let weight: Vec<f32> = (0..d_out * d_in).map(number).collect();
            let rows: Vec<f32> = (0..n * d_in).map(|i| number(i + 5)).collect();
            let panels = Panels::new(&weight, [d_out, d_in]);
            prop_assert_eq!(panels.to_rows(), (weight.clone(), [d_out, d_in]));
            let (mut found, mut scalar) = (vec![1.0; n * d_out], vec![1.0; n * d_out]);
            let double = |sums: &mut [f32]| sums.iter_mut().for_each(|sum| *sum *= 2.0);
            panels.accumulate(&mut found, &rows, double);
            Accumulate { panels: &panels, sums: &mut scalar, rows: &rows, finish: double }.with_simd(Scalar);
            for (i, j) in (0..n).flat_map(|i| (0..d_out).map(move |j| (i, j))) {
                let sum: f32 = (0..d_in).map(|l| rows[i * d_in + l] * weight[j * d_in + l]).sum();
                prop_assert_eq!(found[i * d_out + j], 2.0 * (1.0 + sum));
                prop_assert_eq!(scalar[i * d_out + j], 2.0 * (1.0 + sum));
            }
        }
    }
}
