//! A measurement that is kept, with all that it depends on.

use std::path::Path;

use anyhow::{Context, Result};
use ess_train::TrainerConfig;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::data_set::DataSet;

/// What can be kept.
pub(super) trait Found: Serialize + DeserializeOwned {}

impl<T: Serialize + DeserializeOwned> Found for T {}

/// Which measurement is wanted.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) data: &'a DataSet,
    pub(super) what: &'a str,
    pub(super) seed: u64,
    pub(super) files: &'a str,
}

/// A measurement on one data set.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Kept<T> {
    pub(super) data: DataSet,
    /// What was measured: the geometry, or a class of modules.
    pub(super) what: String,
    pub(super) seed: u64,
    /// Of the files of the data set.
    pub(super) files: String,
    /// The settings that modules are trained with, but for the seed.
    pub(super) trainer: TrainerConfig,
    pub(super) found: T,
}

impl<T: Found> Kept<T> {
    /// A measurement that is kept, if it is of just this. One that does not parse is of another version of the program.
    pub(super) fn read(path: &Path, wanted: &Wanted<'_>) -> Result<Option<Self>> {
        let text = match std::fs::read_to_string(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            text => text.with_context(|| path.display().to_string())?,
        };
        let kept: Option<Self> = serde_json::from_str(&text).ok();
        let Wanted { data, what, seed, files } = *wanted;
        Ok(kept.filter(|kept| {
            (&kept.data, &*kept.what, kept.seed, &*kept.files) == (data, what, seed, files)
                && kept.trainer == TrainerConfig::default()
        }))
    }
}
