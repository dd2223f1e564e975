//! Results as JSON.

use std::path::Path;

use anyhow::{Context, Result};
use serde::Serialize;

/// Writes results to a file, whole or not at all.
///
/// # Errors
/// When the file cannot be written.
pub fn write_json(path: &Path, results: &impl Serialize) -> Result<()> {
    let text = serde_json::to_string_pretty(results).context("results as JSON")?;
    Ok(ess_files::write_atomically(path, |out| writeln!(out, "{text}"))?)
}
