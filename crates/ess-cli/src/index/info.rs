//! `ess index info`

use std::{path::PathBuf, time::Instant};

use anyhow::Result;
use clap::Args;
use ess_core::{Capabilities, Index, MemoryUse};
use ess_index::{IndexFile, Opening};
use serde::Serialize;

use crate::{arguments::paths, output::options::Output};

const EXAMPLES: &str = "\
Examples:
  ess index info --index target/scifact.index --verify";

/// Say what an index file has.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Info {
    /// The index, as `index build` writes it.
    #[arg(long, value_name = "FILE", value_parser = paths::INDEX.read())]
    index: PathBuf,
    /// Read all of it and check it against its checksums.
    #[arg(long)]
    verify: bool,
}

#[derive(Serialize)]
struct Report {
    kind: String,
    items: usize,
    rows: usize,
    dim: usize,
    capabilities: Capabilities,
    memory: Option<MemoryUse>,
    milliseconds_to_map: f64,
    verified: bool,
}

impl Info {
    pub(crate) fn run(self, output: &Output) -> Result<()> {
        let start = Instant::now();
        let file = IndexFile::open(&self.index, Opening::MappedUnverified)?;
        let index = file.index()?;
        let milliseconds_to_map = start.elapsed().as_secs_f64() * 1e3;
        if self.verify {
            ess_index::verify(&self.index)?;
        }
        let report = Report {
            kind: file.kind().to_owned(),
            items: index.len(),
            rows: index.rows(),
            dim: index.dim(),
            capabilities: index.capabilities(),
            memory: index.memory_use(),
            milliseconds_to_map,
            verified: self.verify,
        };
        say!("{}: {}", self.index.display(), serde_json::to_string_pretty(&report)?);
        output.write(&report)
    }
}
