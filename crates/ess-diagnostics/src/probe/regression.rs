//! Multinomial logistic regression on scaled components.

use ess_linalg::Smooth;
use ndarray::{Array1, Array2, Axis, s};

/// What brings each component to mean 0 and variance 1 on the rows of the fit.
pub(super) struct Scale {
    mean: Array1<f64>,
    deviation: Array1<f64>,
}

impl Scale {
    pub(super) fn of(rows: &Array2<f64>) -> Self {
        let count = rows.nrows() as f64;
        let mean = rows.sum_axis(Axis(0)) / count;
        let squares = rows.map(|x| x * x).sum_axis(Axis(0)) / count;
        let variance = squares - &mean * &mean;
        let deviation = variance.mapv(|v| if v > 1e-12 { v.sqrt() } else { 1.0 });
        Self { mean, deviation }
    }

    pub(super) fn apply(&self, rows: Array2<f64>) -> Array2<f64> {
        (rows - &self.mean) / &self.deviation
    }
}

/// Multinomial logistic regression: a row of weights and a bias behind them for each class.
pub(super) struct Regression {
    pub(super) rows: Array2<f64>,
    pub(super) labels: Vec<usize>,
    pub(super) classes: usize,
    pub(super) penalty: f64,
}

impl Regression {
    pub(super) fn logits(&self, rows: &Array2<f64>, weights: &[f64]) -> Array2<f64> {
        let weights = self.weights(weights);
        let last = weights.ncols() - 1;
        rows.dot(&weights.slice(s![.., ..last]).t()) + weights.column(last)
    }

    fn weights(&self, weights: &[f64]) -> Array2<f64> {
        Array2::from_shape_fn((self.classes, self.rows.ncols() + 1), |(class, column)| {
            weights[class * (self.rows.ncols() + 1) + column]
        })
    }
}

impl Smooth for Regression {
    fn value_and_gradient(&self, at: &[f64]) -> (f64, Vec<f64>) {
        let count = self.rows.nrows() as f64;
        let mut shares = self.logits(&self.rows, at);
        let mut loss = 0.0;
        for (mut row, &label) in shares.outer_iter_mut().zip(&self.labels) {
            let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let sum: f64 = row.iter().map(|logit| (logit - largest).exp()).sum();
            loss += largest + sum.ln() - row[label];
            row.mapv_inplace(|logit| (logit - largest).exp() / sum);
            row[label] -= 1.0;
        }
        let last = self.rows.ncols();
        let mut gradient = Array2::zeros((self.classes, last + 1));
        gradient.slice_mut(s![.., ..last]).assign(&shares.t().dot(&self.rows));
        gradient.column_mut(last).assign(&shares.sum_axis(Axis(0)));
        let mut weights = self.weights(at);
        // A bias has no penalty.
        weights.column_mut(last).fill(0.0);
        let square = weights.iter().map(|w| w * w).sum::<f64>();
        let gradient = (gradient + self.penalty * &weights) / count;
        ((loss + 0.5 * self.penalty * square) / count, gradient.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    #[test]
    fn the_gradient_is_that_of_finite_differences() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let rows = Array2::from_shape_simple_fn((20, 3), || f64::from(rng.random::<f32>() - 0.5));
        let labels = (0..20).map(|row| row % 3).collect();
        let regression = Regression { rows, labels, classes: 3, penalty: 0.7 };
        let at: Vec<f64> = (0..12).map(|i| f64::from(i * 5 % 7) / 7.0 - 0.4).collect();
        let (_, gradient) = regression.value_and_gradient(&at);
        for i in 0..12 {
            let moved = |by: f64| {
                let mut moved = at.clone();
                moved[i] += by;
                regression.value_and_gradient(&moved).0
            };
            let expected = (moved(1e-5) - moved(-1e-5)) / 2e-5;
            assert!((gradient[i] - expected).abs() < 1e-7, "{i}: {} instead of {expected}", gradient[i]);
        }
    }
}
