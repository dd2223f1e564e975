//! What a model is called where results of it are kept.

use std::path::Path;

use anyhow::{Context, Result};

/// The model's name and a checksum of its settings and weights, so that what another model gave is not taken for this one's.
///
/// # Errors
/// When the folder cannot be read.
pub(crate) fn model_name(model: &str, folder: &Path) -> Result<String> {
    let path = folder.canonicalize().with_context(|| folder.display().to_string())?;
    let name = match Path::new(model).exists() {
        true => path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        false => model.to_owned(),
    };
    let mut sums = Vec::new();
    checksums(&path, &path, &mut sums)?;
    sums.sort();
    Ok(format!("{name} {}", ess_files::Checksum::of(sums.join("\n").as_bytes())))
}

/// The checksums of the settings and weights in a folder and those below it.
fn checksums(root: &Path, folder: &Path, sums: &mut Vec<String>) -> Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            checksums(root, &path, sums)?;
        } else if path
            .extension()
            .is_some_and(|kind| kind == "json" || kind == "safetensors" || kind == "metadata")
        {
            let bytes = std::fs::read(&path).with_context(|| path.display().to_string())?;
            let name = path.strip_prefix(root).unwrap_or(&path).display();
            sums.push(format!("{name} {}", ess_files::Checksum::of(&bytes)));
        }
    }
    Ok(())
}
