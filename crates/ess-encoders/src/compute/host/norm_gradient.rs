//! Layer normalisation that keeps what its gradients need.

use pulp::Arch;

use super::{sums::sum, wide::Wide};

/// What a normalisation of `n` rows leaves for its gradients.
pub(crate) struct Normalized {
    /// Rows of mean 0 and variance 1, `n × d`.
    pub(crate) rows: Vec<f32>,
    /// One over the standard deviation of each row.
    scales: Vec<f32>,
}

impl Normalized {
    /// Normalises rows (`n × d`); the second result is `rows ∘ weight + bias`.
    pub(crate) fn of(mut rows: Vec<f32>, weight: &[f32], bias: &[f32], epsilon: f32) -> (Self, Vec<f32>) {
        let mut outputs = vec![0.0; rows.len()];
        let mut scales = vec![0.0; rows.len() / weight.len()];
        Arch::new().dispatch(Wide(
            #[inline(always)]
            || {
                let d = weight.len();
                let all = rows.chunks_exact_mut(d).zip(outputs.chunks_exact_mut(d));
                for ((row, output), scale) in all.zip(&mut scales) {
                    let mean = sum(row, |x| x) / d as f32;
                    let variance = sum(row, |x| (x - mean) * (x - mean)) / d as f32;
                    *scale = 1.0 / (variance + epsilon).sqrt();
                    for (((x, y), weight), bias) in row.iter_mut().zip(output).zip(weight).zip(bias) {
                        *x = (*x - mean) * *scale;
                        *y = *x * weight + bias;
                    }
                }
            },
        ));
        (Self { rows, scales }, outputs)
    }

    /// Gradients of the outputs become gradients of what was normalised, `n × d`; those of weight and bias are added up.
    pub(crate) fn back(
        &self,
        gradients: &mut [f32],
        weight: &[f32],
        of_weight: &mut [f32],
        of_bias: &mut [f32],
    ) {
        Arch::new().dispatch(Wide(
            #[inline(always)]
            || {
                let d = weight.len();
                let mut products = vec![0.0; d];
                let all = gradients.chunks_exact_mut(d).zip(self.rows.chunks_exact(d));
                for ((gradient, row), scale) in all.zip(&self.scales) {
                    for (((g, x), of_weight), of_bias) in
                        gradient.iter_mut().zip(row).zip(&mut *of_weight).zip(&mut *of_bias)
                    {
                        *of_weight += *g * x;
                        *of_bias += *g;
                    }
                    for (((g, x), weight), product) in
                        gradient.iter_mut().zip(row).zip(weight).zip(&mut products)
                    {
                        *g *= weight;
                        *product = *g * x;
                    }
                    let mean = sum(gradient, |g| g) / d as f32;
                    let along = sum(&products, |p| p) / d as f32;
                    for (g, x) in gradient.iter_mut().zip(row) {
                        *g = scale * (*g - mean - x * along);
                    }
                }
            },
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gradients_are_those_of_small_steps() {
        let d = 5;
        let rows: Vec<f32> = (0..2 * d).map(|i| ((i * 7) % 11) as f32 * 0.3 - 1.0).collect();
        let weight: Vec<f32> = (0..d).map(|i| 0.5 + 0.2 * i as f32).collect();
        let bias = vec![0.1; d];
        let direction: Vec<f32> = (0..2 * d).map(|i| ((i * 5) % 7) as f32 - 3.0).collect();
        let loss = |rows: &[f32], weight: &[f32]| -> f32 {
            let (_, outputs) = Normalized::of(rows.to_vec(), weight, &bias, 1e-12);
            outputs.iter().zip(&direction).map(|(a, b)| a * b).sum()
        };
        let (normalized, _) = Normalized::of(rows.clone(), &weight, &bias, 1e-12);
        let mut gradients = direction.clone();
        let (mut of_weight, mut of_bias) = (vec![0.0; d], vec![0.0; d]);
        normalized.back(&mut gradients, &weight, &mut of_weight, &mut of_bias);
        let step = 1.0 / 128.0;
        let numeric = |values: &[f32], at: usize, loss: &dyn Fn(&[f32]) -> f32| {
            let moved = |by: f32| {
                let mut values = values.to_vec();
                values[at] += by;
                loss(&values)
            };
            (moved(step) - moved(-step)) / (2.0 * step)
        };
        let by_rows = |at| numeric(&rows, at, &|rows| loss(rows, &weight));
        let by_weight = |at| numeric(&weight, at, &|weight| loss(&rows, weight));
        for (at, found) in gradients.into_iter().enumerate() {
            assert!((found - by_rows(at)).abs() < 5e-3, "{at}: {found} and {}", by_rows(at));
        }
        for (at, found) in of_weight.into_iter().enumerate() {
            assert!((found - by_weight(at)).abs() < 5e-3, "{at}: {found} and {}", by_weight(at));
            assert_eq!(of_bias[at], direction[at] + direction[d + at]);
        }
    }
}
