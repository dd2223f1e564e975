//! `ess index compact`

use std::{path::PathBuf, time::Instant};

use anyhow::Result;
use clap::Args;
use serde::Serialize;

use crate::output::{json::write_json, options::Output};

use crate::arguments::paths;

const EXAMPLES: &str = "\
Examples:
  ess index compact --index target/scifact.index
  ess index compact --index old.index --out new.index --rows rows.json";

/// Give back the space of removed items.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Compact {
    /// The index, of any kind but bm25 and one of sparse vectors, from which nothing is removed; its ids stay with their items.
    #[arg(long, value_name = "FILE", value_parser = paths::INDEX.read())]
    index: PathBuf,
    /// The file to write [default: the index itself, which is replaced whole].
    #[arg(long, value_name = "FILE", value_parser = paths::OUTPUT_FILE.written())]
    out: Option<PathBuf>,
    /// Write the new row of each old one as a JSON list, null for removed items: for what is kept by row elsewhere.
    #[arg(long, value_name = "FILE", value_parser = paths::OUTPUT_FILE.written())]
    rows: Option<PathBuf>,
}

#[derive(Serialize)]
struct Report {
    out: PathBuf,
    kind: String,
    rows_before: usize,
    rows_after: usize,
    bytes_before: u64,
    bytes_after: u64,
    seconds: f64,
}

impl Compact {
    pub(crate) fn run(self, output: &Output) -> Result<()> {
        let out = self.out.as_ref().unwrap_or(&self.index).clone();
        let rows = self.rows.as_deref().map(|path| ("--rows", path));
        let outputs: Vec<_> = [("--out", &*out)].into_iter().chain(rows).collect();
        let _locks = output.lock_files(&outputs)?;
        let start = Instant::now();
        let compacted = ess_index::compact_file(&self.index, &out)?;
        let report = Report {
            out,
            kind: compacted.kind,
            rows_before: compacted.rows.len(),
            rows_after: compacted.rows.iter().flatten().count(),
            bytes_before: compacted.bytes_before,
            bytes_after: compacted.bytes_after,
            seconds: start.elapsed().as_secs_f64(),
        };
        if let Some(path) = &self.rows {
            write_json(path, &compacted.rows)?;
        }
        say!(
            "{}: {} rows of {}, {} bytes of {}, in {:.2} s",
            report.out.display(),
            report.rows_after,
            report.rows_before,
            report.bytes_after,
            report.bytes_before,
            report.seconds
        );
        output.write(&report)
    }
}
