//! Features standardised on the training queries.

use serde::{Deserialize, Serialize};

/// Standard deviations at which a feature is clipped, so that a query unlike all others gets no extreme weight.
const MAX_DEVIATIONS: f32 = 3.0;

/// The means that are subtracted from features and the factors that they are then multiplied by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct FeatureScale {
    pub(crate) means: Vec<f32>,
    pub(crate) factors: Vec<f32>,
    /// The number of single features, which have deviation 1 and are clipped; the other features are one vector.
    pub(crate) single: usize,
}

impl FeatureScale {
    /// The scale of rows of features. The first `single` have mean 0 and deviation 1 each. The others, the components of one
    /// vector, have mean 0 and mean squared norm 1 together, so that an L2 penalty shrinks the vector's small directions most.
    pub(crate) fn fit(rows: &[Vec<f32>], single: usize) -> Self {
        let width = rows.first().map_or(0, Vec::len);
        let count = rows.len() as f64;
        let mut means = vec![0.0_f64; width];
        rows.iter().for_each(|row| means.iter_mut().zip(row).for_each(|(mean, x)| *mean += f64::from(*x)));
        means.iter_mut().for_each(|mean| *mean /= count);
        let mut variances = vec![0.0_f64; width];
        for row in rows {
            let centred = row.iter().zip(&means).map(|(x, mean)| f64::from(*x) - mean);
            variances.iter_mut().zip(centred).for_each(|(variance, x)| *variance += x * x / count);
        }
        let vector: f64 = variances[single..].iter().sum();
        variances[single..].fill(vector);
        let factor = |(variance, mean): (&f64, &f64)| {
            // A feature that varies in its last bits alone is noise.
            if *variance > 1e-10 * mean * mean { (1.0 / variance.sqrt()) as f32 } else { 0.0 }
        };
        let factors = variances.iter().zip(&means).map(factor).collect();
        Self { means: means.into_iter().map(|mean| mean as f32).collect(), factors, single }
    }

    /// One row on this scale.
    pub(crate) fn apply(&self, row: &[f32]) -> Vec<f64> {
        let scaled =
            row.iter().zip(&self.means).zip(&self.factors).map(|((x, mean), factor)| (x - mean) * factor);
        let bounded = |(at, x): (usize, f32)| {
            if at < self.single { x.clamp(-MAX_DEVIATIONS, MAX_DEVIATIONS) } else { x }
        };
        scaled.enumerate().map(bounded).map(f64::from).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn single_features_have_deviation_one_and_the_vector_unit_norm() {
        let rows = [vec![1.0, 5.0, 3.0, 0.0], vec![3.0, 5.0, 0.0, 4.0]];
        let scale = FeatureScale::fit(&rows, 2);
        let (first, second) = (scale.apply(&rows[0]), scale.apply(&rows[1]));
        assert_eq!((first[0], second[0], first[1]), (-1.0, 1.0, 0.0));
        let length = |row: &[f64]| row[2..].iter().map(|x| x * x).sum::<f64>();
        assert!(((length(&first) + length(&second)) / 2.0 - 1.0).abs() < 1e-6);
        assert_eq!(scale.apply(&[99.0, 7.0, 3.0, 0.0])[..2], [3.0, 0.0]);
    }
}
