//! A file of a BEIR folder, whichever form it has.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

/// What may stand behind a name. The content decides how it is read.
pub(super) const FORMS: [&str; 3] = ["", ".gz", ".zst"];

/// `name` in a folder, plain or compressed; the first that is there. Where none is, `corpus.parquet` in place of `corpus.jsonl`, or
/// a folder `corpus` of Parquet files, as Hugging Face data sets have them.
///
/// # Errors
/// When none of them is there, or Parquet alone and the feature `parquet` is off.
pub(crate) fn beir_file(folder: &Path, name: &str) -> Result<PathBuf> {
    let forms = FORMS.map(|form| folder.join(format!("{name}{form}")));
    if let Some(path) = forms.iter().find(|path| path.is_file()) {
        return Ok(path.clone());
    }
    match parquet_of(folder, name) {
        Some(path) if cfg!(feature = "parquet") => Ok(path),
        Some(path) => {
            bail!("{}: Parquet is read by an ess that is built with --features parquet", path.display())
        }
        None => bail!("{}: no such file, nor with .gz or .zst, nor as Parquet", forms[0].display()),
    }
}

fn parquet_of(folder: &Path, name: &str) -> Option<PathBuf> {
    let stem = name.strip_suffix(".jsonl")?;
    let (file, shards) = (folder.join(format!("{stem}.parquet")), folder.join(stem));
    if file.is_file() {
        return Some(file);
    }
    let is_parquet = |path: &Path| path.extension().is_some_and(|extension| extension == "parquet");
    let some = shards.read_dir().ok()?.flatten().any(|entry| is_parquet(&entry.path()));
    some.then_some(shards)
}
