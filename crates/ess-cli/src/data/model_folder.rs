//! The folder of a model that is named on the command line.

use std::path::PathBuf;

use anyhow::Result;

/// The folder itself, or that of a model on the Hugging Face hub, fetched where the cache has not all of it.
///
/// # Errors
/// When there is no such folder, and no such model or no way to the hub.
pub(crate) fn model_folder(model: &str, quiet: bool) -> Result<PathBuf> {
    model_folder_of("--model", model, quiet)
}

/// As [`model_folder`], of a model that another flag names.
///
/// # Errors
/// As [`model_folder`], by that flag.
pub(crate) fn model_folder_of(flag: &str, model: &str, quiet: bool) -> Result<PathBuf> {
    let folder = PathBuf::from(model);
    if folder.exists() { Ok(folder) } else { from_hub(flag, model, quiet) }
}

#[cfg(feature = "hub")]
fn from_hub(flag: &str, model: &str, quiet: bool) -> Result<PathBuf> {
    use anyhow::Context;
    let hub = ess_encoders::Hub::from_env().with_progress(!quiet);
    hub.model_folder(model).with_context(|| format!("{flag} {model}: no such folder"))
}

#[cfg(not(feature = "hub"))]
fn from_hub(flag: &str, model: &str, _quiet: bool) -> Result<PathBuf> {
    anyhow::bail!(
        "{flag} {model}: no such folder; to take models by name from the Hugging Face hub, build this program with \
         --features hub"
    );
}
