//! The settings of relation training, as a file.

use std::path::Path;

use anyhow::{Context, Result};
use ess_relations::RelationTraining;

/// Reads settings of relation training.
///
/// # Errors
/// For a file that cannot be read, and for other settings; each with its path.
pub(crate) fn read(path: &Path) -> Result<RelationTraining> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    serde_json::from_str(&text).with_context(|| format!("{}: settings of relation training", path.display()))
}
