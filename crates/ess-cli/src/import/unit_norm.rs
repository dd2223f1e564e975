//! Whether the rows of a matrix have unit norm.

use std::{cell::Cell, path::PathBuf};

use ess_core::Embeddings;
use ess_data::Error;

/// Looks whether rows have unit norm, as they go by.
pub(super) struct UnitNorm {
    /// Where the rows come from.
    path: PathBuf,
    /// They are said to have it.
    claimed: bool,
    /// Rows looked at so far.
    rows: Cell<usize>,
    /// Whether a row had another norm.
    pub(super) differ: Cell<bool>,
}

impl UnitNorm {
    pub(super) fn new(path: PathBuf, claimed: bool) -> Self {
        Self { path, claimed, rows: Cell::default(), differ: Cell::default() }
    }

    /// Passes on a batch; one with a row of another norm is refused where all are said to have unit norm.
    pub(super) fn look_at(&self, batch: Embeddings) -> Result<Embeddings, Error> {
        // Components in half precision have three digits.
        const TOLERANCE: f32 = 0.01;
        let norm = |row: &[f32]| row.iter().map(|x| x * x).sum::<f32>().sqrt();
        let other = |norm: &f32| (norm - 1.0).abs().is_nan() || (norm - 1.0).abs() > TOLERANCE;
        let found = batch.rows().map(norm).enumerate().find(|(_, norm)| other(norm));
        if let Some((row, norm)) = found {
            self.differ.set(true);
            if self.claimed {
                let found = format!("norm {norm} in row {}", self.rows.get() + row);
                let expected = "rows of unit norm, as --normalized true says".to_owned();
                return Err(Error::Format { path: self.path.clone(), expected, found });
            }
        }
        self.rows.set(self.rows.get() + batch.len());
        Ok(batch)
    }
}
