//! `ess index info`

use std::time::Instant;

use anyhow::Result;
use clap::Args;
use ess_core::{Capabilities, Index, MemoryUse};
use ess_index::{DefaultRecall, IndexFile, ItemVectors, TokenSearch};
use serde::Serialize;

use crate::output::options::Output;

use super::{
    default_recall,
    file::{IndexArguments, TOKENS},
};

const EXAMPLES: &str = "\
Examples:
  ess index info --index target/scifact.index
  ess index info --index target/scifact.index --no-verify";

/// Say what an index file has.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Info {
    #[command(flatten)]
    index: IndexArguments,
    /// What is done unless `--no-verify` is given.
    #[arg(long, hide = true, conflicts_with = "no_verify")]
    verify: bool,
}

#[derive(Serialize)]
struct Report {
    kind: String,
    items: usize,
    rows: usize,
    dim: usize,
    /// `null` where the file does not say.
    vectors: Option<ItemVectors>,
    capabilities: Capabilities,
    /// Of a graph, where the file says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    default_recall: Option<DefaultRecall>,
    memory: Option<MemoryUse>,
    milliseconds_to_open: f64,
    verified: bool,
}

/// The same of an index of token vectors.
#[derive(Serialize)]
struct TokenReport {
    kind: String,
    items: usize,
    tokens: usize,
    dim: usize,
    bits: usize,
    centroids: usize,
    keeps_vectors: bool,
    search: TokenSearch,
    memory: MemoryUse,
    milliseconds_to_open: f64,
    verified: bool,
}

/// Of a lexical index.
#[derive(Serialize)]
struct SparseReport {
    kind: &'static str,
    items: usize,
    dim: usize,
    made_by: Option<String>,
    memory: MemoryUse,
    milliseconds_to_open: f64,
    verified: bool,
}

impl Info {
    pub(crate) fn run(self, output: &Output) -> Result<()> {
        if self.index.is_sparse()? {
            return self.of_sparse(output);
        }
        let start = Instant::now();
        let file = self.index.open()?;
        if file.kind() == TOKENS {
            return self.describe_tokens(&file, start, output);
        }
        let index = file.index()?;
        let milliseconds_to_open = start.elapsed().as_secs_f64() * 1e3;
        let report = Report {
            kind: file.kind().to_owned(),
            items: index.len(),
            rows: index.rows(),
            dim: index.dim(),
            vectors: file.vectors()?,
            capabilities: index.capabilities(),
            default_recall: file.default_recall()?,
            memory: index.memory_use(),
            milliseconds_to_open,
            verified: self.index.verifies(),
        };
        say!("{}: {}", self.index.path().display(), serde_json::to_string_pretty(&report)?);
        if let Some(recall) = &report.default_recall {
            default_recall::tell(self.index.path(), recall);
        }
        output.write(&report)
    }

    fn describe_tokens(&self, file: &IndexFile, start: Instant, output: &Output) -> Result<()> {
        let index = file.token_index()?;
        let milliseconds_to_open = start.elapsed().as_secs_f64() * 1e3;
        let tokens = index.tokens();
        let report = TokenReport {
            kind: file.kind().to_owned(),
            items: tokens.items(),
            tokens: tokens.tokens(),
            dim: tokens.dim(),
            bits: tokens.bits(),
            centroids: tokens.centroids(),
            keeps_vectors: tokens.keeps_vectors(),
            search: index.settings(),
            memory: index.memory_use(),
            milliseconds_to_open,
            verified: self.index.verifies(),
        };
        say!("{}: {}", self.index.path().display(), serde_json::to_string_pretty(&report)?);
        output.write(&report)
    }

    fn of_sparse(&self, output: &Output) -> Result<()> {
        let start = Instant::now();
        let file = self.index.open_sparse()?;
        let (index, bm25) = (file.index()?, file.bm25()?);
        let milliseconds_to_open = start.elapsed().as_secs_f64() * 1e3;
        let report = SparseReport {
            kind: if bm25.is_some() { "bm25" } else { "sparse" },
            items: index.len(),
            dim: index.dim(),
            made_by: file.made_by().map(str::to_owned),
            memory: index.memory_use(),
            milliseconds_to_open,
            verified: self.index.verifies(),
        };
        say!("{}: {}", self.index.path().display(), serde_json::to_string_pretty(&report)?);
        output.write(&report)
    }
}
