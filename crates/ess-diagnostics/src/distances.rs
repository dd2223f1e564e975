//! Squared Euclidean distances between all vectors, block by block.

use std::ops::Range;

use ess_core::Embeddings;
use ndarray::{Array1, Array2, Axis, s};
use rayon::prelude::*;

/// Rows whose distances to all others are held at once.
const BLOCK: usize = 128;

/// The vectors in `f64`, about their mean, which leaves more digits for their differences.
pub(crate) struct Distances {
    rows: Array2<f64>,
    squares: Array1<f64>,
}

impl Distances {
    pub(crate) fn between(embeddings: &Embeddings) -> Self {
        let mut rows = embeddings.view().mapv(f64::from);
        let mean = rows.sum_axis(Axis(0)) / rows.nrows() as f64;
        rows -= &mean;
        let squares = rows.map_axis(Axis(1), |row| row.dot(&row));
        Self { rows, squares }
    }

    /// What `take` makes of each vector's row number and its squared distances to all `n`, its own 0 among them. In the
    /// order of the vectors, whatever the number of threads.
    pub(crate) fn of_each<T: Send>(&self, take: impl Fn(usize, &[f64]) -> T + Sync) -> Vec<T> {
        let count = self.rows.nrows();
        let starts: Vec<usize> = (0..count).step_by(BLOCK).collect();
        let blocks = starts.into_par_iter().flat_map_iter(|start| {
            let block = self.block(start..(start + BLOCK).min(count));
            let each = block.outer_iter().enumerate();
            each.map(|(at, row)| take(start + at, row.as_slice().unwrap_or(&[]))).collect::<Vec<_>>()
        });
        blocks.collect()
    }

    fn block(&self, rows: Range<usize>) -> Array2<f64> {
        let start = rows.start;
        let mut block = self.rows.slice(s![rows, ..]).dot(&self.rows.t());
        for (at, mut row) in block.outer_iter_mut().enumerate() {
            let own = self.squares[start + at];
            row.zip_mut_with(&self.squares, |product, &other| {
                *product = (own + other - 2.0 * *product).max(0.0)
            });
            row[start + at] = 0.0;
        }
        block
    }
}
