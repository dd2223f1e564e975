//! Indexes of the vectors of tokens: built of a store with token states, and searched by MaxSim.

use std::{
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::{Result, ensure};
use clap::Args;
use ess_core::{Hit, MemoryUse};
use ess_data::EmbeddingStore;
use ess_index::{CompressedTokensBuilder, Progress, TokenIndex, TokenSearch};
use serde::Serialize;

use crate::data::token_index::index_tokens;

/// Settings of `--kind tokens`.
#[derive(Args)]
pub(crate) struct TokenArguments {
    /// The bits of each component of a token's vector, beside its centroid, for --kind tokens: 1, 2 or 4. Default: 2.
    #[arg(long)]
    bits: Option<usize>,
    /// The centroids of an index of tokens; by its size if not given.
    #[arg(long)]
    centroids: Option<usize>,
    /// Keep the vectors in f16 in an index of tokens too, and compare candidates by them.
    #[arg(long)]
    keep_vectors: bool,
}

/// What was built.
#[derive(Serialize)]
pub(crate) struct TokenReport {
    out: PathBuf,
    pub(crate) items: usize,
    pub(crate) tokens: usize,
    pub(crate) dim: usize,
    centroids: usize,
    bits: usize,
    memory: MemoryUse,
    pub(crate) file_bytes: u64,
    pub(crate) seconds_to_build: f64,
}

impl TokenArguments {
    /// Its flags, and whether each is given.
    pub(crate) fn given(&self) -> [(&'static str, bool); 3] {
        [
            ("--bits", self.bits.is_some()),
            ("--centroids", self.centroids.is_some()),
            ("--keep-vectors", self.keep_vectors),
        ]
    }

    /// Builds and saves the index of a store, part by part.
    pub(crate) fn build(
        &self,
        items: &Path,
        out: &Path,
        seed: u64,
        progress: Progress,
    ) -> Result<TokenReport> {
        let store = EmbeddingStore::open(items)?;
        let start = Instant::now();
        let usual = CompressedTokensBuilder::default();
        let (bits, keep_vectors) = (self.bits.unwrap_or(usual.bits), self.keep_vectors);
        let builder =
            CompressedTokensBuilder { bits, centroids: self.centroids, keep_vectors, seed, ..usual };
        let index = index_tokens(&store, &builder, progress)?;
        let seconds_to_build = start.elapsed().as_secs_f64();
        index.save_with_ids(out, store.ids().as_slice())?;
        let tokens = index.tokens();
        Ok(TokenReport {
            out: out.to_owned(),
            items: tokens.items(),
            tokens: tokens.tokens(),
            dim: tokens.dim(),
            centroids: tokens.centroids(),
            bits: tokens.bits(),
            memory: index.memory_use(),
            file_bytes: std::fs::metadata(out)?.len(),
            seconds_to_build,
        })
    }
}

/// The ids of queries, and the hits of each in an index of tokens.
pub(crate) fn search(
    index: &TokenIndex,
    queries: &Path,
    k: usize,
    settings: &TokenSearch,
) -> Result<(Vec<String>, Vec<Vec<Hit>>)> {
    let store = EmbeddingStore::open(queries)?;
    ensure!(
        store.token_dim().is_some(),
        "{}: expected queries with token states, as `ess encode` keeps them of a ColBERT model or by --states, found vectors alone",
        queries.display()
    );
    let hits = index.search_with(&store.to_token_states()?, k, settings)?;
    Ok((store.ids().as_slice().to_vec(), hits))
}
