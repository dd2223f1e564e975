//! `index info`

use std::{path::PathBuf, time::Instant};

use anyhow::Result;
use clap::Args;
use ess_core::{Capabilities, Index, MemoryUse};
use ess_examples::write_json;
use ess_index::{IndexFile, Opening};
use serde::Serialize;

/// Arguments of `index info`.
#[derive(Args)]
pub(crate) struct Info {
    /// The index, as `index build` writes it.
    #[arg(long, value_name = "FILE")]
    index: PathBuf,
    /// Read all of it and check it against its checksums.
    #[arg(long)]
    verify: bool,
    /// Write it as JSON (`-`: to standard output).
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
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
    pub(crate) fn run(self) -> Result<()> {
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
        ess_examples::say!("{}: {}", self.index.display(), serde_json::to_string_pretty(&report)?);
        self.json.as_ref().map_or(Ok(()), |path| write_json(path, &report))
    }
}
