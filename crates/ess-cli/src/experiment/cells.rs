//! The measurements of an experiment, each kept in a file of its own.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use indicatif::{ProgressBar, ProgressStyle};

use crate::output::{json::write_json, options::Output};

use super::{
    kept::{Found, Kept, Wanted},
    subject::Subject,
};

/// The folder of the measurements, and the bar that counts them.
pub(crate) struct Cells {
    folder: PathBuf,
    bar: ProgressBar,
}

impl Cells {
    pub(super) fn new(folder: &Path, count: usize, output: &Output) -> Result<Self> {
        let bar = output.bar(count);
        bar.set_style(ProgressStyle::with_template("{wide_bar} {pos}/{len} {msg} [{elapsed}]")?);
        Ok(Self { folder: folder.to_owned(), bar })
    }

    /// A measurement: the one that is kept, or a new one, which is then kept.
    pub(crate) fn measure<T: Found, S: Subject>(
        &self,
        wanted: &Wanted<'_, S>,
        measure: impl FnOnce() -> Result<T>,
    ) -> Result<Kept<T, S::Place>> {
        self.bar.set_message(format!("{} on {}", wanted.what, wanted.names(", ")));
        let path = self.folder.join(format!("{}.{}.{}.json", wanted.names("."), wanted.what, wanted.seed));
        let kept = match Kept::read(&path, wanted)? {
            Some(kept) => kept,
            None => {
                let found = measure().with_context(|| format!("{}: {}", wanted.names(", "), wanted.what))?;
                let kept = Kept::new(wanted, found);
                write_json(&path, &kept)?;
                // As a later run reads it: numbers that went through text may differ in their last digit.
                Kept::read(&path, wanted)?.unwrap_or(kept)
            }
        };
        self.bar.inc(1);
        Ok(kept)
    }

    /// Says something on standard error, above the bar.
    #[cfg(feature = "relations")]
    pub(crate) fn note(&self, text: &str) {
        self.bar.suspend(|| note!("note: {text}"));
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
