//! How a loss changes with the weights of a linear layer.

use super::{elementwise::add_row, matmul::Product};

/// Adds to the gradients of `W` (`d_out × d_in`) and `b` (`d_out`) what rows (`n × d_in`) and the gradients of `rows Wᵀ + b`
/// (`n × d_out`) give.
pub(crate) fn add_weight_gradient(weight: &mut [f32], bias: &mut [f32], rows: &[f32], outputs: &[f32]) {
    let d_out = bias.len();
    let (n, d_in) = (outputs.len() / d_out, weight.len() / d_out);
    Product { shape: [d_out, n, d_in], left: (outputs, [1, d_out]), right: (rows, [d_in, 1]) }
        .add_to(weight, d_in);
    outputs.chunks_exact(d_out).for_each(|row| add_row(bias, row));
}

/// A matrix of `rows × columns`, row-major, the other way round.
pub(crate) fn transposed(values: &[f32], [rows, columns]: [usize; 2]) -> Vec<f32> {
    // Blocks that stay in the first-level cache.
    const BLOCK: usize = 32;
    let mut turned = vec![0.0; values.len()];
    for row in (0..rows).step_by(BLOCK) {
        for column in (0..columns).step_by(BLOCK) {
            for row in row..(row + BLOCK).min(rows) {
                for column in column..(column + BLOCK).min(columns) {
                    turned[column * rows + row] = values[row * columns + column];
                }
            }
        }
    }
    turned
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gradients_of_a_layer_are_sums_of_outer_products() {
        // Two rows of three inputs, two outputs.
        let rows = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        let outputs = [1.0, 0.0, 10.0, 2.0];
        let (mut weight, mut bias) = ([1.0; 6], [1.0; 2]);
        add_weight_gradient(&mut weight, &mut bias, &rows, &outputs);
        assert_eq!(weight, [42.0, 53.0, 64.0, 9.0, 11.0, 13.0]);
        assert_eq!(bias, [12.0, 3.0]);
    }

    #[test]
    fn a_matrix_turned_twice_is_itself() {
        let values: Vec<f32> = (0..70 * 45).map(|i| i as f32).collect();
        let turned = transposed(&values, [70, 45]);
        assert_eq!((turned[1], turned[70]), (45.0, 1.0));
        assert_eq!(transposed(&turned, [45, 70]), values);
    }
}
