//! The checksum of a file, as text.

use std::{fs::File, path::Path};

use anyhow::{Context, Result};
use ess_files::Checksum;

/// Of all its bytes; of a folder, of the names and the checksums of its files.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn file_checksum(path: &Path) -> Result<String> {
    let failed = || path.display().to_string();
    if !path.is_dir() {
        return Ok(File::open(path).and_then(Checksum::of_reader).with_context(failed)?.to_string());
    }
    let entries = path.read_dir().with_context(failed)?;
    let mut files =
        entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>().with_context(failed)?;
    files.retain(|file| file.is_file());
    files.sort_unstable();
    let of_file = |file: &std::path::PathBuf| Ok(format!("{} {}\n", file.display(), file_checksum(file)?));
    let all = files.iter().map(of_file).collect::<Result<String>>()?;
    Ok(Checksum::of(all.as_bytes()).to_string())
}
