//! A file of a BEIR folder, whichever form it has.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

/// What may stand behind a name. The content decides how it is read.
const FORMS: [&str; 3] = ["", ".gz", ".zst"];

/// `name` in a folder, plain or compressed; the first that is there.
///
/// # Errors
/// When none of them is there.
pub(crate) fn beir_file(folder: &Path, name: &str) -> Result<PathBuf> {
    let forms = FORMS.map(|form| folder.join(format!("{name}{form}")));
    match forms.iter().find(|path| path.is_file()) {
        Some(path) => Ok(path.clone()),
        None => bail!("{}: no such file, nor with .gz or .zst", forms[0].display()),
    }
}
