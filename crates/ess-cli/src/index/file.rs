//! How an index file is opened.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use ess_index::{IndexFile, Opening};
use ess_lexical::SparseIndexFile;

use crate::arguments::paths;

/// The kind of index that is searched with the vectors of tokens.
pub(crate) const TOKENS: &str = "tokens";

/// Arguments that name an index and say how it is opened.
#[derive(Args)]
pub(crate) struct IndexArguments {
    /// The index, as `index build` writes it; it is mapped, after all of it has been checked once.
    #[arg(long, value_name = "FILE", value_parser = paths::INDEX.read())]
    index: PathBuf,
    /// Do not check the index's checksums: a large file opens in less than a millisecond, and damage gives wrong hits.
    #[arg(long, conflicts_with = "read")]
    no_verify: bool,
    /// Read the index into memory instead of mapping it: for files that others may cut or write to meanwhile.
    #[arg(long)]
    read: bool,
}

impl IndexArguments {
    /// The file.
    pub(crate) fn path(&self) -> &Path {
        &self.index
    }

    /// Whether the file is checked against its checksums.
    pub(crate) fn verifies(&self) -> bool {
        !self.no_verify
    }

    /// Whether the index is lexical.
    pub(crate) fn is_sparse(&self) -> Result<bool> {
        Ok(SparseIndexFile::is_one(&self.index)?)
    }

    /// Opens the file as asked for.
    pub(crate) fn open(&self) -> Result<IndexFile> {
        Ok(IndexFile::open(&self.index, self.opening())?)
    }

    /// Opens the file of a lexical index as asked for.
    pub(crate) fn open_sparse(&self) -> Result<SparseIndexFile> {
        Ok(SparseIndexFile::open(&self.index, self.opening())?)
    }

    fn opening(&self) -> Opening {
        match (self.read, self.no_verify) {
            (true, _) => Opening::Read,
            (false, true) => Opening::MappedUnverified,
            (false, false) => Opening::Mapped,
        }
    }
}
