//! The files of a step's folder.

use std::{
    collections::BTreeMap,
    io::ErrorKind,
    path::{Component, Path},
};

use anyhow::{Context, Result};

use crate::data::file_checksum::file_checksum;

/// The checksums of the files in a folder and those below it, by their paths inside it with `/`, but for what has one of these names
/// in the folder itself.
///
/// # Errors
/// When a file or folder cannot be read.
pub(super) fn checksums(folder: &Path, but: &[&str]) -> Result<BTreeMap<String, String>> {
    let mut sums = BTreeMap::new();
    add(folder, folder, but, &mut sums)?;
    Ok(sums)
}

fn add(root: &Path, folder: &Path, but: &[&str], sums: &mut BTreeMap<String, String>) -> Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry.with_context(|| folder.display().to_string())?.path();
        let inside = path.strip_prefix(root).unwrap_or(&path);
        let name = inside.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/");
        let last = path.file_name().unwrap_or_default().to_string_lossy();
        // Locks and partial files of writers begin so.
        if last.starts_with(".ess-") || but.contains(&name.as_str()) {
            continue;
        }
        match path.is_dir() {
            true => add(root, &path, but, sums)?,
            false => drop(sums.insert(name, file_checksum(&path)?)),
        }
    }
    Ok(())
}

/// Whether a path names something inside the folder that it begins in.
pub(super) fn is_inside(name: &str) -> bool {
    !name.is_empty() && Path::new(name).components().all(|part| matches!(part, Component::Normal(_)))
}

/// Removes a folder with all that is in it, where it is there.
///
/// # Errors
/// When something cannot be removed.
pub(super) fn remove_folder(path: &Path) -> Result<()> {
    match std::fs::remove_dir_all(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed.with_context(|| path.display().to_string()),
    }
}
