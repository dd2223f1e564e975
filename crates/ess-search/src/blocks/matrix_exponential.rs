//! The exponential of a matrix, in differentiable tensor operations.

use burn::tensor::Tensor;

/// The number of terms of the Taylor series. For a norm of at most 1/2 the remainder is below 2⁻⁷/7!, less than `f32`
/// resolves.
const TERMS: usize = 7;

/// `exp(A) − I` of a square matrix, by scaling and squaring (Higham 2005): `exp(A) = exp(A / 2ˢ)^(2ˢ)`.
///
/// The identity is left out, so that small changes stay exact: the result for zero is zero.
pub(crate) fn exponential_less_identity(matrix: Tensor<2>) -> Tensor<2> {
    let squarings = squarings(&matrix);
    let scaled = matrix / (squarings as f32).exp2();
    // Horner: E = S (I + S/2 (I + S/3 (…))).
    let mut change = scaled.clone() / TERMS as f32;
    for term in (1..TERMS).rev() {
        let part = scaled.clone() / term as f32;
        change = part.clone() + part.matmul(change);
    }
    for _ in 0..squarings {
        // (I + E)² − I = 2 E + E².
        change = change.clone() * 2.0 + change.clone().matmul(change);
    }
    change
}

/// The number of halvings `s` after which the norm is at most 1/2. It takes one value from the device.
fn squarings(matrix: &Tensor<2>) -> usize {
    let largest_row_sum = matrix.clone().detach().abs().sum_dim(1).max();
    let norm: f32 = largest_row_sum.try_into_scalar().unwrap_or(0.0);
    // A norm above 2³⁰ means that training diverged. The result is then not finite, which is reported elsewhere.
    if norm > 0.5 { (2.0 * norm).log2().ceil().clamp(0.0, 31.0) as usize } else { 0 }
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, TensorData};

    use super::*;

    fn values(tensor: Tensor<2>) -> Vec<f32> {
        tensor.into_data().try_to_vec().unwrap()
    }

    #[test]
    fn rotations_of_the_plane_have_cosines_and_sines() {
        for angle in [0.0_f32, 1e-6, 0.3, 2.0, 30.0] {
            let generator = TensorData::new(vec![0.0, angle, -angle, 0.0], [2, 2]);
            let found = values(exponential_less_identity(Tensor::from_data(generator, &Device::flex())));
            let expected = [angle.cos() - 1.0, angle.sin(), -angle.sin(), angle.cos() - 1.0];
            for (found, expected) in found.iter().zip(expected) {
                assert!((found - expected).abs() < 2e-6 * angle.max(1.0), "{angle}: {found} for {expected}");
            }
        }
    }

    #[test]
    fn diagonal_matrices_have_exponentials_on_the_diagonal() {
        let matrix = TensorData::new(vec![-1.5_f32, 0.0, 0.0, 2.0], [2, 2]);
        let found = values(exponential_less_identity(Tensor::from_data(matrix, &Device::flex())));
        let expected = [(-1.5_f32).exp_m1(), 0.0, 0.0, 2.0_f32.exp_m1()];
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-5, "{found} for {expected}");
        }
    }
}
