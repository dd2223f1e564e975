//! Batch normalisation: an affine map whose means and deviations come from the batch while training.

use crate::affine::Affine;

const EPSILON: f32 = 1e-5;
const MOMENTUM: f32 = 0.1;

/// Its parameters (`scale`, then `shift`) and running statistics, all of `d` numbers (Ioffe and Szegedy, ICML 2015).
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct BatchNorm {
    /// The scales, then the shifts.
    pub(super) parameters: Vec<f32>,
    mean: Vec<f32>,
    variance: Vec<f32>,
}

/// What the way back needs of the way there.
pub(super) struct Normalised {
    /// The values with mean 0 and deviation 1, `n × d`.
    values: Vec<f32>,
    /// One over the deviations.
    inverse: Vec<f32>,
}

impl BatchNorm {
    pub(super) fn new(dim: usize) -> Self {
        let parameters = [vec![1.0; dim], vec![0.0; dim]].concat();
        Self { parameters, mean: vec![0.0; dim], variance: vec![1.0; dim] }
    }

    /// What it is after training.
    pub(super) fn affine(&self) -> Affine {
        let (scales, shifts) = self.parameters.split_at(self.mean.len());
        let inverse = self.variance.iter().map(|variance| (variance + EPSILON).sqrt().recip());
        let scale: Vec<f32> = scales.iter().zip(inverse).map(|(scale, inverse)| scale * inverse).collect();
        let shift = shifts.iter().zip(&scale).zip(&self.mean);
        let shift = shift.map(|((shift, scale), mean)| shift - mean * scale).collect();
        Affine { scale, shift }
    }

    /// Normalises the rows of a batch, and notes their statistics.
    pub(super) fn forward(&mut self, rows: &mut [f32]) -> Normalised {
        let dim = self.mean.len();
        let n = (rows.len() / dim) as f32;
        let mut mean = vec![0.0_f32; dim];
        rows.chunks_exact(dim).for_each(|row| mean.iter_mut().zip(row).for_each(|(sum, x)| *sum += x / n));
        let mut variance = vec![0.0_f32; dim];
        for row in rows.chunks_exact(dim) {
            for ((sum, x), mean) in variance.iter_mut().zip(row).zip(&mean) {
                *sum += (x - mean) * (x - mean) / n;
            }
        }
        let inverse: Vec<f32> = variance.iter().map(|variance| (variance + EPSILON).sqrt().recip()).collect();
        let keep = |running: &mut [f32], now: &[f32], factor: f32| {
            running.iter_mut().zip(now).for_each(|(old, new)| *old += MOMENTUM * (factor * new - *old));
        };
        keep(&mut self.mean, &mean, 1.0);
        keep(&mut self.variance, &variance, n / (n - 1.0).max(1.0));
        for row in rows.chunks_exact_mut(dim) {
            for ((x, mean), inverse) in row.iter_mut().zip(&mean).zip(&inverse) {
                *x = (*x - mean) * inverse;
            }
        }
        let values = rows.to_vec();
        let (scale, shift) = self.parameters.split_at(dim);
        Affine { scale: scale.to_vec(), shift: shift.to_vec() }.apply(rows);
        Normalised { values, inverse }
    }

    /// Turns the gradient with respect to what came out into that with respect to what went in; adds that with respect to the
    /// parameters.
    pub(super) fn backward(&self, saved: &Normalised, gradient: &mut [f32], of_parameters: &mut [f32]) {
        let dim = self.mean.len();
        let n = (gradient.len() / dim) as f32;
        let (of_scale, of_shift) = of_parameters.split_at_mut(dim);
        let mut sums = (vec![0.0_f32; dim], vec![0.0_f32; dim]);
        for (gradient, values) in gradient.chunks_exact(dim).zip(saved.values.chunks_exact(dim)) {
            for (i, (g, x)) in gradient.iter().zip(values).enumerate() {
                sums.0[i] += g * x;
                sums.1[i] += g;
            }
        }
        of_scale.iter_mut().zip(&sums.0).for_each(|(out, sum)| *out += sum);
        of_shift.iter_mut().zip(&sums.1).for_each(|(out, sum)| *out += sum);
        for (gradient, values) in gradient.chunks_exact_mut(dim).zip(saved.values.chunks_exact(dim)) {
            for (i, (g, x)) in gradient.iter_mut().zip(values).enumerate() {
                let factor = self.parameters[i] * saved.inverse[i];
                *g = factor * (*g - (sums.1[i] + x * sums.0[i]) / n);
            }
        }
    }
}
