//! Attention inside one text.

use super::{
    HostMatrix,
    elementwise::{add_row, softmax_rows},
    matmul::Product,
};
use crate::compute::relative_position::relative_bucket;

// Queries whose scores are held at a time: bounds the memory for long texts and keeps it in the cache.
const QUERY_ROWS: usize = 128;

/// Attention of a text's `s` tokens to each other, for every head: `qkv` is `s × 3d`, `attended` `s × d`.
pub(super) fn attend_text(
    attended: &mut [f32],
    qkv: &[f32],
    dim: usize,
    heads: usize,
    relative: Option<&HostMatrix>,
) {
    let (length, head_dim) = (qkv.len() / (3 * dim), dim / heads);
    let scale = 1.0 / (head_dim as f32).sqrt();
    let mut scores = vec![0.0; QUERY_ROWS.min(length) * length];
    for head in 0..heads {
        let at = head * head_dim;
        let by_distance = relative.map(|table| scores_by_distance(table, head, length));
        for first in (0..length).step_by(QUERY_ROWS) {
            let rows = QUERY_ROWS.min(length - first);
            let scores = &mut scores[..rows * length];
            Product {
                shape: [rows, head_dim, length],
                left: (&qkv[first * 3 * dim + at..], [3 * dim, 1]),
                right: (&qkv[dim + at..], [1, 3 * dim]),
                scale,
            }
            .write_to(scores, length);
            if let Some(by_distance) = &by_distance {
                for (row, scores) in scores.chunks_exact_mut(length).enumerate() {
                    let nearest = length - 1 - (first + row);
                    add_row(scores, &by_distance[nearest..nearest + length]);
                }
            }
            softmax_rows(scores, length);
            Product {
                shape: [rows, length, head_dim],
                left: (scores, [length, 1]),
                right: (&qkv[2 * dim + at..], [3 * dim, 1]),
                scale: 1.0,
            }
            .write_to(&mut attended[first * dim + at..], dim);
        }
    }
}

/// What a head adds to its scores for the distances `-(length - 1) ..= length - 1` from query to key.
fn scores_by_distance(table: &HostMatrix, head: usize, length: usize) -> Vec<f32> {
    let reach = length as isize - 1;
    (-reach..=reach).map(|distance| table.row(relative_bucket(distance, table.rows()))[head]).collect()
}
