//! Queries of a store, mapped or not.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Args;
use ess_core::{Embeddings, Index, SearchModule};
use ess_data::EmbeddingStore;
use ess_index::{IndexFile, ItemVectors};
use ess_lexical::SparseVectorsFile;
use ess_searchers::FirstPass;

use crate::{
    arguments::{device::DeviceArguments, paths},
    data::saved_module::SearchingModule,
};

/// Arguments that name queries.
#[derive(Args)]
pub(crate) struct QueryArguments {
    /// The encoded queries, as `ess encode` and `ess import` write them.
    #[arg(long, value_name = "STORE", required = true, value_parser = paths::STORE.read())]
    queries: Option<PathBuf>,
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
    /// Sparse vectors of queries, where they are given.
    pub(crate) fn sparse(&self) -> Result<Option<SparseVectorsFile>> {
        ensure!(self.module.is_none(), "--module: expected none, for this index is of sparse vectors");
        Ok(self.queries.as_deref().map(SparseVectorsFile::open).transpose()?)
    }

    /// The store of the queries.
    pub(crate) fn path(&self) -> Result<&Path> {
        self.queries.as_deref().context("--queries: expected encoded queries, found none")
    }

    /// Whether a searching module is named.
    pub(crate) fn names_module(&self) -> bool {
        self.module.is_some()
    }

    /// Refuses encoded queries and modules where something else is expected.
    pub(crate) fn refuse(&self, expected: &str) -> Result<()> {
        for (flag, given) in [("--queries", &self.queries), ("--module", &self.module)] {
            ensure!(given.is_none(), "{flag}: expected {expected}");
        }
        Ok(())
    }

    /// The searching module that is named, for an index of the vectors that it maps queries for.
    pub(crate) fn module(&self, index: &IndexFile) -> Result<Option<SearchingModule>> {
        let load = |folder| SearchingModule::load(folder, &self.device.open()?);
        let module = self.module.as_deref().map(load).transpose()?;
        let Some(module) = module else {
            index.check_vectors(&ItemVectors::Encoded)?;
            return Ok(None);
        };
        let unsaid = module.check_index(index)?;
        if unsaid && module.item_vectors()? != ItemVectors::Encoded {
            note!(
                "the module moves items, and the index file does not say whether it has moved ones: it is to be built by `ess \
                 index build` with the same --module"
            );
        }
        Ok(Some(module))
    }

    /// The searching module that is named, for items as their encoder gave them.
    ///
    /// # Errors
    /// When it cannot be loaded, and for one that moves items.
    pub(crate) fn module_of_encoded_items(&self) -> Result<Option<SearchingModule>> {
        let Some(folder) = self.module.as_deref() else { return Ok(None) };
        let module = SearchingModule::load(folder, &self.device.open()?)?;
        ensure!(
            module.item_vectors()? == ItemVectors::Encoded,
            "--module: expected one that leaves items as they were encoded, found one that moves them"
        );
        Ok(Some(module))
    }

    /// Reads the queries and maps them by the module, for an index. What a first pass finds is taken from `items`, those of
    /// which the index was built.
    pub(crate) fn read(
        &self,
        module: Option<&SearchingModule>,
        index: &dyn Index,
        items: Option<&Embeddings>,
    ) -> Result<Queries> {
        let queries = self.queries.as_ref();
        let store =
            EmbeddingStore::open(queries.context("expected encoded queries by --queries, found none")?)?;
        let encoded = store.to_embeddings()?;
        module.map_or(Ok(()), SearchingModule::check_inner_product)?;
        let mapped = module.map(|module| map(module, &store, &encoded, index, items)).transpose()?;
        let asked = mapped.as_ref().unwrap_or(&encoded);
        ensure!(
            asked.dim() == index.dim(),
            "queries have {} dimensions and the index {}: a --module must map the one to the other",
            asked.dim(),
            index.dim()
        );
        Ok(Queries { ids: store.ids().as_slice().to_vec(), encoded, mapped })
    }
}

fn map(
    module: &SearchingModule,
    store: &EmbeddingStore,
    encoded: &Embeddings,
    index: &dyn Index,
    items: Option<&Embeddings>,
) -> Result<Embeddings> {
    Ok(match module {
        SearchingModule::Embeddings(sides) => sides.query_side().apply(encoded)?,
        SearchingModule::TokenStates(module) => module.apply(&store.to_token_states()?)?,
        SearchingModule::Feedback(module, depth) => {
            let items = items.context(
                "the module reads items that a first pass finds: expected them by --items STORE, found none",
            )?;
            module.apply(&FirstPass::new(index, items, *depth)?.states(encoded)?)?
        }
    })
}
