//! Batch normalisation: an affine map whose means and deviations come from the batch while training.

use super::normalisation::Normalisation;
use crate::affine::Affine;

/// Its parameters (`scale`, then `shift`) and running statistics, all of `d` numbers (Ioffe and Szegedy, ICML 2015). Where partitions
/// share them, `d` is a partition's components, and each partition is a row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct BatchNorm {
    /// The scales, then the shifts.
    pub(super) parameters: Vec<f32>,
    mean: Vec<f32>,
    variance: Vec<f32>,
    momentum: f32,
    epsilon: f32,
}

/// What the way back needs of the way there.
pub(super) struct Normalised {
    /// The values with mean 0 and deviation 1, `n × d`.
    values: Vec<f32>,
    /// One over the deviations.
    inverse: Vec<f32>,
}

impl BatchNorm {
    pub(super) fn new(dim: usize, normalisation: Normalisation) -> Self {
        let parameters = [vec![1.0; dim], vec![0.0; dim]].concat();
        let Normalisation { momentum, epsilon, .. } = normalisation;
        Self { parameters, mean: vec![0.0; dim], variance: vec![1.0; dim], momentum, epsilon }
    }

    /// What it is after training.
    pub(super) fn affine(&self) -> Affine {
        let (scales, shifts) = self.parameters.split_at(self.mean.len());
        let inverse = self.variance.iter().map(|variance| (variance + self.epsilon).sqrt().recip());
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
        let (momentum, epsilon) = (self.momentum, self.epsilon);
        let inverse: Vec<f32> = variance.iter().map(|variance| (variance + epsilon).sqrt().recip()).collect();
        let keep = |running: &mut [f32], now: &[f32], factor: f32| {
            running.iter_mut().zip(now).for_each(|(old, new)| *old += momentum * (factor * new - *old));
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Two batches of three rows of one component: means 2 and 5, variances 2/3 and 6, or 1 and 9 without bias.
    #[test]
    fn afterwards_it_is_the_affine_map_of_its_running_statistics() {
        let usual = Normalisation { momentum: 0.25, epsilon: 0.5, ..Normalisation::default() };
        let mut norm = BatchNorm::new(1, usual);
        norm.parameters = vec![3.0, 7.0];
        let mut first = [1.0, 2.0, 3.0];
        norm.forward(&mut first);
        // While training, by the batch itself: 3 · (1 − 2) / √(2/3 + 1/2) + 7.
        assert!((first[0] - (7.0 - 3.0 / (7.0_f32 / 6.0).sqrt())).abs() < 1e-5, "{first:?}");
        norm.forward(&mut [2.0, 5.0, 8.0]);
        // From 0 and 1 a quarter of the way to each batch's: .5 and 1, then 1.625 and 3.
        let Affine { scale, shift } = norm.affine();
        let expected = 3.0 / 3.5_f32.sqrt();
        assert!((scale[0] - expected).abs() < 1e-5 && (shift[0] - (7.0 - 1.625 * expected)).abs() < 1e-5);
    }
}
