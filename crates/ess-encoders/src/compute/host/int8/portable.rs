//! The plain form, which every kernel agrees with to the bit.

use super::sizes::{COLUMNS, QUAD};

/// As [`super::dispatch`]'s `products`.
pub(super) fn products(strip: &[i8], codes: &[u8], sums: &mut [[i32; COLUMNS]]) {
    let depth = strip.len() / COLUMNS;
    for (row, sums) in codes.chunks_exact(depth).zip(sums) {
        *sums = [0; COLUMNS];
        let quads = strip.as_chunks::<{ QUAD * COLUMNS }>().0;
        for (weights, inputs) in quads.iter().zip(row.as_chunks::<QUAD>().0) {
            for (sum, weights) in sums.iter_mut().zip(weights.as_chunks::<QUAD>().0) {
                let product = |at: usize| i32::from(weights[at]) * i32::from(inputs[at]);
                *sum += product(0) + product(1) + product(2) + product(3);
            }
        }
    }
}
