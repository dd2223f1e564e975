//! `ess import`: embeddings from anywhere into the store of ESS: an `.npy` matrix and its ids become one checked file.

mod unit_norm;
mod with_report;

use std::{path::PathBuf, time::Instant};

use anyhow::Result;
use clap::Args;
use ess_core::Ids;
use ess_data::{
    Dtype, EmbeddingStore, Error, NpyMatrix, Provenance, read_ids, store_bytes, write_store_in_batches,
};
use indicatif::ProgressStyle;
use serde::Serialize;

use crate::{
    arguments::{paths, stored_as::StoredAs},
    data::similarity_note::{SIMILARITIES, similarity_note},
    output::options::Output,
};

use self::{
    unit_norm::UnitNorm,
    with_report::{report_file, write_with_report},
};

const EXAMPLES: &str = "\
Examples:
  ess import --npy corpus.npy --ids corpus.ids.json --out my/corpus.safetensors
  ess import --npy queries.npy --ids queries.ids.txt --similarity cosine --out my/queries.safetensors";

/// Turn an .npy matrix and its ids into an embedding store.
///
/// The programs that take `--embeddings DIR` look in DIR for `queries.safetensors` and `corpus.safetensors`: import
/// the embeddings of the queries to one and those of the items to the other.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The matrix: one row for each id, float16, float32 or float64.
    #[arg(long, value_name = "FILE", value_parser = paths::NPY.read())]
    npy: PathBuf,
    /// The ids in row order: a JSON array of strings, or one id a line.
    #[arg(long, value_name = "FILE", value_parser = paths::IDS.read())]
    ids: PathBuf,
    /// The store to write, such as DIR/corpus.safetensors.
    #[arg(long, value_name = "FILE", value_parser = paths::OUTPUT_FILE.written())]
    out: PathBuf,
    #[command(flatten)]
    stored: StoredAs,
    /// The encoder that made the embeddings, to be kept with them.
    #[arg(long, value_name = "NAME")]
    encoder: Option<String>,
    /// How the encoder pools token states, such as mean or cls, to be kept with them.
    #[arg(long, value_name = "NAME")]
    pooling: Option<String>,
    /// The similarity that the encoder is meant for, to be kept with them: of one that is meant for the cosine, `index build`,
    /// `train` and `evaluate` bring items to unit norm.
    #[arg(long, value_name = "NAME", value_parser = SIMILARITIES)]
    similarity: Option<String>,
    /// Whether every row has unit norm, to be kept with them; `true` is checked.
    #[arg(long, value_name = "true|false")]
    normalized: Option<bool>,
    /// What text the encoder saw, such as "title + text", to be kept with them.
    #[arg(long, value_name = "RECIPE")]
    text: Option<String>,
}

#[derive(Serialize)]
struct Report {
    out: PathBuf,
    rows: usize,
    dim: usize,
    dtype: String,
    bytes: u64,
    provenance: Provenance,
    seconds: f64,
}

const BATCH_ROWS: usize = 4096;

/// Runs the command.
pub(crate) fn run(arguments: Arguments, output: &Output) -> Result<()> {
    let start = Instant::now();
    let _lock = output.lock_files(&[("--out", &arguments.out)])?;
    let report_file = report_file(output)?;
    let import = Import::open(arguments)?;
    let mut report = import.report();
    match report_file {
        Some(path) => write_with_report(
            path,
            |at_the_end| import.write(output, at_the_end),
            || {
                report.seconds = start.elapsed().as_secs_f64();
                Ok(serde_json::to_string_pretty(&report)?)
            },
        )?,
        None => import.write(output, &mut || Ok(()))?,
    }
    EmbeddingStore::open(&report.out)?;
    report.seconds = start.elapsed().as_secs_f64();
    if report_file.is_none() {
        output.write(&report)?;
    }
    if import.norms.differ.get()
        && let Some(note) = similarity_note(report.provenance.similarity.as_deref())
    {
        note!("note: {note}");
    }
    report.say();
    Ok(())
}

/// A matrix with as many ids as rows, and where it goes.
struct Import {
    out: PathBuf,
    ids: Ids,
    matrix: NpyMatrix,
    dtype: Dtype,
    provenance: Provenance,
    norms: UnitNorm,
}

impl Import {
    fn open(arguments: Arguments) -> Result<Self> {
        let ids = read_ids(&arguments.ids)?;
        let matrix = NpyMatrix::open(&arguments.npy)?;
        if matrix.len() != ids.len() {
            let path = arguments.npy;
            return Err(Error::RowCount { path, expected: ids.len(), found: matrix.len() }.into());
        }
        let provenance = Provenance {
            encoder: arguments.encoder,
            pooling: arguments.pooling,
            normalized: arguments.normalized,
            text: arguments.text,
            similarity: arguments.similarity,
            ..Provenance::default()
        };
        let norms = UnitNorm::new(arguments.npy, arguments.normalized == Some(true));
        Ok(Self { out: arguments.out, ids, matrix, dtype: arguments.stored.dtype, provenance, norms })
    }

    /// Writes the store; `at_the_end` is called when all of its rows are written, before it has its name.
    fn write(&self, output: &Output, at_the_end: &mut dyn FnMut() -> Result<(), Error>) -> Result<(), Error> {
        let progress = output.bar(self.matrix.len()).with_style(rows_and_time());
        let batches = self.matrix.batches(BATCH_ROWS);
        let batches = batches.map(|batch| self.norms.look_at(batch?)).inspect(|batch| {
            progress.inc(batch.as_ref().map_or(0, |batch| batch.len() as u64));
        });
        let batches = batches.chain(std::iter::from_fn(|| at_the_end().err().map(Err)));
        write_store_in_batches(
            &self.out,
            &self.ids,
            self.matrix.dim(),
            self.dtype,
            &self.provenance,
            batches,
        )?;
        progress.finish_and_clear();
        Ok(())
    }

    fn report(&self) -> Report {
        Report {
            out: self.out.clone(),
            rows: self.matrix.len(),
            dim: self.matrix.dim(),
            dtype: self.dtype.to_string(),
            bytes: store_bytes(&self.ids, self.matrix.dim(), self.dtype, &self.provenance).unwrap_or(0),
            provenance: self.provenance.clone(),
            seconds: 0.0,
        }
    }
}

impl Report {
    fn say(&self) {
        say!(
            "{}: {} rows of dimension {} as {}, {} bytes, written and verified in {:.1} s",
            self.out.display(),
            self.rows,
            self.dim,
            self.dtype,
            self.bytes,
            self.seconds
        );
    }
}

fn rows_and_time() -> ProgressStyle {
    let template = ProgressStyle::with_template("{bar:40} {pos}/{len} rows, {eta} left");
    template.unwrap_or_else(|_| ProgressStyle::default_bar())
}
