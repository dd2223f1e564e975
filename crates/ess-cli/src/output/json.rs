//! Results as JSON.

use std::path::Path;

use anyhow::{Context, Result};
use serde::Serialize;

use super::terminal::write_out;

/// Writes results to a file, whole or not at all; to standard output where the path is `-`.
///
/// # Errors
/// When the file cannot be written.
pub(crate) fn write_json(path: &Path, results: &impl Serialize) -> Result<()> {
    let text = serde_json::to_string_pretty(results).context("results as JSON")?;
    if is_standard_output(path) {
        write_out(&format_args!("{text}\n"));
        return Ok(());
    }
    Ok(ess_files::write_atomically(path, |out| writeln!(out, "{text}"))?)
}

/// Whether a path stands for standard output.
pub(crate) fn is_standard_output(path: &Path) -> bool {
    path == Path::new("-")
}
