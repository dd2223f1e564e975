//! The checkpoints of a training.

use std::path::PathBuf;

use ess_train::{Checkpoints, Error};

/// Steps between two checkpoints; the help of `--checkpoint` says the number too.
const STEPS_BETWEEN: usize = 10;

/// Checkpoints in this folder, as often as every command writes them.
///
/// # Errors
/// As [`Checkpoints::new`].
pub(crate) fn checkpoints(folder: impl Into<PathBuf>) -> Result<Checkpoints, Error> {
    Checkpoints::new(folder, STEPS_BETWEEN)
}
