//! Texts as the vectors of their tokens, from what `ess encode` wrote.

use std::path::{Path, PathBuf};

use clap::Args;
use ess_core::{Encoding, TokenStates};
use ess_data::EmbeddingStore;

use crate::recall_and_speed::Failure;

/// Where texts are whose tokens have vectors, and how many queries count.
#[derive(Args)]
pub struct TokenTexts {
    /// A folder of `ess encode` with token states: corpus.safetensors has the items, queries.safetensors the queries.
    #[arg(long, value_name = "DIR")]
    pub embeddings: PathBuf,
    /// The number of queries: the first of the store.
    #[arg(long, default_value_t = 200)]
    pub queries: usize,
    /// Passes of which the best counts.
    #[arg(long, default_value_t = 5)]
    pub passes: usize,
    /// What `cargo bench` adds.
    #[arg(long, hide = true)]
    pub bench: bool,
}

impl TokenTexts {
    /// The items and the queries.
    ///
    /// # Errors
    /// Those of the files, and stores without token states.
    pub fn read(&self) -> Result<[TokenStates; 2], Failure> {
        let items = open(&self.embeddings, "corpus.safetensors")?.to_token_states()?;
        let queries = open(&self.embeddings, "queries.safetensors")?;
        let queries = queries.token_states(0..self.queries.min(queries.len()))?;
        Ok([items, queries])
    }
}

fn open(folder: &Path, name: &str) -> Result<EmbeddingStore, Failure> {
    Ok(EmbeddingStore::open(folder.join(name))?)
}

/// The states of one query after another, each by itself.
///
/// # Errors
/// Never for rows that exist.
pub fn one_by_one(queries: &TokenStates) -> Result<Vec<TokenStates>, Failure> {
    (0..queries.rows()).map(|row| Ok(queries.select_rows(&[row])?)).collect()
}
