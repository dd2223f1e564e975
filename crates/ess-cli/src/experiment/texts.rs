//! The texts of a data set of an experiment.

use std::path::PathBuf;

use anyhow::Result;

use crate::{
    arguments::paths::BEIR,
    data::{beir_file::beir_file, beir_texts::BeirTexts, file_checksum::file_checksum},
};

use super::folder_of::FolderOf;

/// The texts of a data set.
pub(crate) struct Texts {
    folder: PathBuf,
    /// A checksum of the files.
    pub(crate) files: String,
}

impl Texts {
    pub(crate) const FORM: &'static str = "NAME=BEIR_DIR";

    /// Reads the folder of a flag.
    pub(crate) fn parse(text: &str) -> Result<FolderOf, String> {
        FolderOf::parse(text, Self::FORM, BEIR)
    }

    /// Reads the files for their checksum.
    pub(crate) fn of(given: &FolderOf) -> Result<Self> {
        let sum = |name| file_checksum(&beir_file(&given.folder, name)?);
        let files = [sum("corpus.jsonl")?, sum("queries.jsonl")?].join(" ");
        Ok(Self { folder: given.folder.clone(), files })
    }

    pub(crate) fn read(&self) -> Result<BeirTexts> {
        BeirTexts::read(&self.folder)
    }
}
