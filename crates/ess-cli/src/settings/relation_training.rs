//! The settings of relation training, as a file.

use std::path::Path;

use anyhow::{Context, Result};
use ess_relations::RelationTraining;

use super::written::{from_object, written_text};

/// Reads settings of relation training.
///
/// # Errors
/// For a file that cannot be read, and for other settings; each with its path.
pub(crate) fn read(path: &Path) -> Result<RelationTraining> {
    let text = written_text(path).with_context(|| path.display().to_string())?;
    from_object(&text).with_context(|| format!("{}: settings of relation training", path.display()))
}
