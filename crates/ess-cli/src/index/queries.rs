//! Queries of a store, mapped or not.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use clap::Args;
use ess_core::{Embeddings, SearchModule};
use ess_data::EmbeddingStore;
use ess_search::Registry;

use crate::arguments::{device::DeviceArguments, paths};

/// Arguments that name queries.
#[derive(Args)]
pub(crate) struct QueryArguments {
    /// The encoded queries, as `ess encode` and `ess import` write them.
    #[arg(long, value_name = "STORE", value_parser = paths::STORE.read())]
    queries: PathBuf,
    /// A saved searching module that maps the queries first.
    #[arg(long, value_name = "MODULE_DIR", value_parser = paths::MODULE.read())]
    module: Option<PathBuf>,
    #[command(flatten)]
    device: DeviceArguments,
}

/// Encoded queries with their ids.
pub(crate) struct Queries {
    pub(crate) ids: Vec<String>,
    /// As the encoder gave them.
    pub(crate) encoded: Embeddings,
    /// As the searching module maps them, if one was named.
    pub(crate) mapped: Option<Embeddings>,
}

impl QueryArguments {
    /// Reads and maps the queries, for an index of this dimension.
    pub(crate) fn read(&self, dim: usize) -> Result<Queries> {
        let store = EmbeddingStore::open(&self.queries)?;
        let encoded = store.to_embeddings()?;
        let mapped = self.module.as_deref().map(|folder| self.map(folder, &encoded)).transpose()?;
        let asked = mapped.as_ref().unwrap_or(&encoded);
        ensure!(
            asked.dim() == dim,
            "queries have {} dimensions and the index {dim}: a --module must map the one to the other",
            asked.dim()
        );
        Ok(Queries { ids: store.ids().as_slice().to_vec(), encoded, mapped })
    }

    fn map(&self, folder: &Path, queries: &Embeddings) -> Result<Embeddings> {
        Ok(Registry::default().load(folder, &self.device.open()?)?.apply(queries)?)
    }
}
