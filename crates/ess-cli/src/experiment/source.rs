//! A data set of an experiment: what its files are, and what they hold once it is opened.

use std::cell::OnceCell;

use anyhow::{Context, Result};
use ess_kit::StoredEncoding;

use crate::data::split_data_set::Opened;

use super::{data_set::DataSet, subject::Subject};

/// A data set that is opened where a measurement of it is missing, and not before.
pub(crate) struct Source {
    pub(crate) data: DataSet,
    /// One checksum of all its files.
    pub(crate) files: String,
    seed: u64,
    opened: OnceCell<Opened>,
}

impl Subject for Source {
    type Place = DataSet;

    fn place(&self) -> &DataSet {
        &self.data
    }

    fn files(&self) -> &str {
        &self.files
    }
}

impl Source {
    /// Reads its files for their checksum. The seed cuts dev off where it has none.
    pub(super) fn new(data: DataSet, seed: u64) -> Result<Self> {
        let files = data.checksum()?;
        Ok(Self { data, files, seed, opened: OnceCell::new() })
    }

    pub(crate) fn name(&self) -> &str {
        self.data.name()
    }

    /// What it holds, which stays in memory until [`Source::close`].
    pub(crate) fn open(&self) -> Result<&Opened> {
        if let Some(opened) = self.opened.get() {
            return Ok(opened);
        }
        let opened = self.data.open(self.seed).with_context(|| self.name().to_owned())?;
        Ok(self.opened.get_or_init(|| opened))
    }

    /// What it holds with another encoding of the queries, read anew.
    pub(crate) fn open_as<E: StoredEncoding>(&self) -> Result<Opened<E>> {
        self.data.open_as(self.seed).with_context(|| self.name().to_owned())
    }

    /// Gives its memory back.
    pub(crate) fn close(&mut self) {
        self.opened = OnceCell::new();
    }
}
