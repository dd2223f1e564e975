//! Normalisation of rows.

use pulp::Arch;

use super::{memory::HostVector, sums::sum, wide::Wide};
use crate::transformer::definition::{Norm, NormKind};

/// Normalisation of each row of `d` components.
pub(super) fn normalize_all(values: &mut [f32], norm: &Norm<HostVector>) {
    match norm.kind {
        NormKind::Layer => normalize_rows(values, &norm.weight.0, &norm.bias.0, norm.epsilon),
        NormKind::RootMeanSquare => scale_rows(values, &norm.weight.0, norm.epsilon),
    }
}

/// Each row divided by its root mean square, times `weight`.
fn scale_rows(values: &mut [f32], weight: &[f32], epsilon: f32) {
    Arch::new().dispatch(Wide(
        #[inline(always)]
        || {
            for row in values.chunks_exact_mut(weight.len()) {
                let square = sum(row, |x| x * x) / row.len() as f32;
                let scale = 1.0 / (square + epsilon).sqrt();
                row.iter_mut().zip(weight).for_each(|(value, weight)| *value *= scale * weight);
            }
        },
    ));
}

/// Layer normalisation of each row of `weight.len()` components.
fn normalize_rows(values: &mut [f32], weight: &[f32], bias: &[f32], epsilon: f32) {
    Arch::new().dispatch(Wide(
        #[inline(always)]
        || {
            for row in values.chunks_exact_mut(weight.len()) {
                let mean = sum(row, |x| x) / row.len() as f32;
                let variance = sum(row, |x| (x - mean) * (x - mean)) / row.len() as f32;
                let scale = 1.0 / (variance + epsilon).sqrt();
                for ((value, weight), bias) in row.iter_mut().zip(weight).zip(bias) {
                    *value = (*value - mean) * scale * weight + bias;
                }
            }
        },
    ));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn rows_are_divided_by_their_root_mean_square() {
        let mut rows = [3.0, 4.0, 0.0, 0.0];
        scale_rows(&mut rows, &[2.0, 1.0], 1e-12);
        let root = 12.5_f32.sqrt();
        assert!((rows[0] - 6.0 / root).abs() < 1e-6 && (rows[1] - 4.0 / root).abs() < 1e-6);
        assert_eq!(rows[2..], [0.0, 0.0]);
    }

    proptest! {
        #[test]
        fn normalised_rows_have_mean_zero_and_variance_one(row in prop::collection::vec(-9.0_f32..9.0, 2..80)) {
            let spread = row.iter().any(|x| (x - row[0]).abs() > 0.1);
            let mut found = row;
            let ones = vec![1.0; found.len()];
            let zeros = vec![0.0; found.len()];
            normalize_rows(&mut found, &ones, &zeros, 1e-12);
            let n = found.len() as f32;
            prop_assert!((found.iter().sum::<f32>() / n).abs() < 1e-4);
            if spread {
                prop_assert!((found.iter().map(|x| x * x).sum::<f32>() / n - 1.0).abs() < 1e-3);
            }
        }
    }
}
