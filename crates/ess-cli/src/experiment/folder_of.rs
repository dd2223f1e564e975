//! A folder of a data set, on the command line.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

use crate::arguments::paths::Expected;

use super::{source::Source, subject::Place};

/// A folder that has more of a data set than `--data` says: `NAME=DIR`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct FolderOf {
    /// The name of the data set.
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
}

impl Place for FolderOf {
    fn name(&self) -> &str {
        &self.name
    }
}

impl FolderOf {
    /// Reads it, in a form that help shows, and looks whether what is expected is there.
    pub(crate) fn parse(text: &str, form: &str, expected: Expected) -> Result<Self, String> {
        let (name, folder) = text.split_once('=').ok_or_else(|| format!("{text:?}: expected {form}"))?;
        let folder = PathBuf::from(folder);
        expected.check(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        Ok(Self { name: name.to_owned(), folder })
    }

    /// Refuses one of a data set that is not there.
    pub(crate) fn check(all: &[Self], flag: &str, sources: &[Source]) -> Result<()> {
        for one in all {
            let known = sources.iter().any(|source| source.name() == one.name);
            ensure!(known, "{flag}: no data set is called {:?}", one.name);
        }
        Ok(())
    }

    /// The one of a data set, if it has one.
    pub(crate) fn find<'a>(all: &'a [Self], flag: &str, set: &Source) -> Result<Option<&'a Self>> {
        let found: Vec<&Self> = all.iter().filter(|one| one.name == set.name()).collect();
        ensure!(found.len() < 2, "{flag}: expected one folder for {:?}, found {}", set.name(), found.len());
        Ok(found.first().copied())
    }
}
