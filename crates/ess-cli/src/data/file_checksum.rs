//! The checksum of a file, as text.

use std::{
    fs::File,
    path::{Path, PathBuf},
};

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
    let of_file = |file: &PathBuf| Ok(format!("{:?} {}\n", file.file_name(), file_checksum(file)?));
    let all = files.iter().map(of_file).collect::<Result<String>>()?;
    Ok(Checksum::of(all.as_bytes()).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_the_checksum_of_its_files_wherever_it_lies() {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let write = |folder: &Path, text: &str| std::fs::write(folder.join("0.parquet"), text).unwrap();
        write(one.path(), "a");
        write(other.path(), "a");
        assert_eq!(file_checksum(one.path()).unwrap(), file_checksum(other.path()).unwrap());
        write(other.path(), "b");
        assert_ne!(file_checksum(one.path()).unwrap(), file_checksum(other.path()).unwrap());
    }
}
