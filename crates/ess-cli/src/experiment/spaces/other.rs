//! The folder of another encoder, on the command line.

use std::path::PathBuf;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::{
    arguments::paths::EMBEDDINGS,
    data::file_checksum::file_checksum,
    experiment::{folder_of::FolderOf, source::Source},
};

/// The same queries and items of a data set by another encoder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Other(FolderOf);

const FLAG: &str = "--other-side";

impl Other {
    pub(super) const FORM: &'static str = "NAME=EMBEDDINGS_DIR";

    pub(super) fn parse(text: &str) -> Result<Self, String> {
        FolderOf::parse(text, Self::FORM, EMBEDDINGS).map(Self)
    }

    /// The one of each data set, in their order.
    pub(super) fn for_each(sources: &[Source], others: &[Self]) -> Result<Vec<Self>> {
        let folders: Vec<FolderOf> = others.iter().map(|other| other.0.clone()).collect();
        FolderOf::check(&folders, FLAG, sources)?;
        let of = |source: &Source| {
            let found = FolderOf::find(&folders, FLAG, source)?;
            let missing = || format!("{FLAG}: expected one folder for {:?}, found 0", source.name());
            found.cloned().map(Self).with_context(missing)
        };
        sources.iter().map(of).collect()
    }

    /// The name of the data set.
    pub(super) fn name(&self) -> &str {
        &self.0.name
    }

    /// The path of one of its two files.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.0.folder.join(format!("{name}.safetensors"))
    }

    /// One checksum of both.
    pub(super) fn checksum(&self) -> Result<String> {
        let sum = |name| file_checksum(&self.file(name));
        Ok([sum("queries")?, sum("corpus")?].join(" "))
    }
}
