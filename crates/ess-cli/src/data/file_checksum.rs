//! The checksum of a file, as text.

use std::{fs::File, path::Path};

use anyhow::{Context, Result};
use ess_files::Checksum;

/// Of all its bytes.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn file_checksum(path: &Path) -> Result<String> {
    let sum = File::open(path).and_then(Checksum::of_reader);
    Ok(sum.with_context(|| path.display().to_string())?.to_string())
}
