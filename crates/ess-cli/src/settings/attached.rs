//! The settings of a run, as a file or with the module that it made.

use std::path::Path;

use anyhow::{Context, Result};
use ess_search::Attachments;

use super::written::written_text;

/// The name under which a run's settings belong to its module.
pub(crate) const SETTINGS: &str = "config.json";

/// The text of a settings file; of a folder with a module, the settings of the run that made it.
///
/// # Errors
/// When there is none that can be read.
pub(crate) fn read_settings(path: &Path) -> Result<String> {
    if path.is_dir() {
        return settings_of(path)?.with_context(|| format!("{}: no {SETTINGS}", path.display()));
    }
    written_text(path).with_context(|| path.display().to_string())
}

/// The settings of the run that made the module in a folder, as JSON; `None` where nothing says so.
///
/// # Errors
/// When the manifest or the settings' own file is damaged.
pub(crate) fn settings_of(module: &Path) -> Result<Option<String>> {
    if let Some(settings) = Attachments::load(module)?.get(SETTINGS) {
        return Ok(Some(settings.to_string()));
    }
    // Earlier versions kept them beside the module alone.
    match std::fs::read_to_string(module.join(SETTINGS)) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        read => Ok(Some(read.with_context(|| module.join(SETTINGS).display().to_string())?)),
    }
}
