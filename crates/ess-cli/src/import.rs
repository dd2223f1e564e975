//! `ess import`: embeddings from anywhere into the store of ESS: an `.npy` matrix and its ids become one checked file.

use std::{
    cell::Cell,
    io,
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::Result;
use clap::Args;
use ess_core::Embeddings;
use ess_data::{
    Dtype, EmbeddingStore, Error, NpyMatrix, Provenance, read_ids, store_bytes, write_store_in_batches,
};
use ess_files::{FileLock, SetAside};
use indicatif::ProgressStyle;
use serde::Serialize;

use crate::{
    data::similarity_note::{SIMILARITIES, similarity_note},
    output::{json::is_standard_output, options::Output},
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
    #[arg(long, value_name = "FILE")]
    npy: PathBuf,
    /// The ids in row order: a JSON array of strings, or one id a line.
    #[arg(long, value_name = "FILE")]
    ids: PathBuf,
    /// The store to write, such as DIR/corpus.safetensors.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// How numbers are stored: f16 halves the file, f32 keeps every bit.
    #[arg(long, default_value = "f32", value_name = "f16|f32")]
    dtype: Dtype,
    /// The encoder that made the embeddings, to be kept with them.
    #[arg(long, value_name = "NAME")]
    encoder: Option<String>,
    /// How the encoder pools token states, such as mean or cls, to be kept with them.
    #[arg(long, value_name = "NAME")]
    pooling: Option<String>,
    /// The similarity that the encoder is meant for, to be kept with them: of one that is meant for the cosine, `index build`,
    /// `train` and `evaluate` bring items to length 1.
    #[arg(long, value_name = "NAME", value_parser = SIMILARITIES)]
    similarity: Option<String>,
    /// Whether every row has length 1, to be kept with them; `true` is checked.
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
    // Before the work, so that a second one is told at once and not after it.
    let _lock = FileLock::acquire(&arguments.out)?;
    let report_file = report_file(output)?;
    let _report_lock = report_file.map(FileLock::acquire).transpose()?;
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
    let mut report = Report {
        rows: matrix.len(),
        dim: matrix.dim(),
        dtype: arguments.dtype.to_string(),
        bytes: store_bytes(&ids, matrix.dim(), arguments.dtype, &provenance).unwrap_or(0),
        provenance: provenance.clone(),
        seconds: 0.0,
        out: arguments.out.clone(),
    };

    let lengths = Lengths { claimed: arguments.normalized == Some(true), ..Lengths::default() };
    let write = |at_the_end: &mut dyn FnMut() -> Result<(), Error>| {
        let progress = output.bar(matrix.len()).with_style(rows_and_time());
        let batches = matrix.batches(BATCH_ROWS).map(|batch| lengths.look_at(batch?)).inspect(|batch| {
            progress.inc(batch.as_ref().map_or(0, |batch| batch.len() as u64));
        });
        let batches = batches.chain(std::iter::from_fn(|| at_the_end().err().map(Err)));
        write_store_in_batches(&arguments.out, &ids, matrix.dim(), arguments.dtype, &provenance, batches)?;
        progress.finish_and_clear();
        Ok(())
    };
    match report_file {
        Some(path) => write_with_report(path, write, || {
            report.seconds = start.elapsed().as_secs_f64();
            Ok(serde_json::to_string_pretty(&report)?)
        })?,
        None => write(&mut || Ok(()))?,
    }
    EmbeddingStore::open(&arguments.out)?;
    if report_file.is_none() {
        report.seconds = start.elapsed().as_secs_f64();
        output.write(&report)?;
    }
    if lengths.differ.get()
        && let Some(note) = similarity_note(report.provenance.similarity.as_deref())
    {
        note!("note: {note}");
    }
    report.seconds = start.elapsed().as_secs_f64();
    report.say();
    Ok(())
}

/// The file that the report is written to together with the store; none where it goes elsewhere or is not asked for.
fn report_file(output: &Output) -> Result<Option<&Path>> {
    let file = output.json.as_deref().filter(|path| !is_standard_output(path));
    match file.filter(|path| path.is_dir()) {
        None => Ok(file),
        Some(folder) => {
            let cause = io::Error::other("a folder stands where the report would");
            Err(Error::Io { path: folder.to_owned(), cause }.into())
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

/// Looks whether rows have length 1, as they go by.
#[derive(Default)]
struct Lengths {
    /// They are said to have.
    claimed: bool,
    rows: Cell<usize>,
    differ: Cell<bool>,
}

impl Lengths {
    /// Passes on a batch; one with a row of another length is refused where all are said to be of length 1.
    fn look_at(&self, batch: Embeddings) -> Result<Embeddings, Error> {
        // Numbers of half precision have three digits.
        const TOLERANCE: f32 = 0.01;
        let length = |row: &[f32]| row.iter().map(|x| x * x).sum::<f32>().sqrt();
        let other = |length: &f32| (length - 1.0).abs().is_nan() || (length - 1.0).abs() > TOLERANCE;
        let found = batch.rows().map(length).enumerate().find(|(_, length)| other(length));
        if let Some((row, length)) = found {
            self.differ.set(true);
            if self.claimed {
                let found = format!("length {length} in row {}", self.rows.get() + row);
                let expected = "rows of length 1";
                return Err(
                    ess_core::Error::InvalidParameter { name: "--normalized true", expected, found }.into()
                );
            }
        }
        self.rows.set(self.rows.get() + batch.len());
        Ok(batch)
    }
}

fn rows_and_time() -> ProgressStyle {
    let template = ProgressStyle::with_template("{bar:40} {pos}/{len} rows, {eta} left");
    template.unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// Writes a store and a report of it, both or neither: the report's bytes are written when all numbers of the store are,
/// and before the store has its name; then the report has its own. An earlier report is gone before the store is replaced:
/// whenever the program is killed, a report that is there is that of the store that is there.
fn write_with_report(
    path: &Path,
    write_store: impl FnOnce(&mut dyn FnMut() -> Result<(), Error>) -> Result<(), Error>,
    mut report: impl FnMut() -> io::Result<String>,
) -> Result<(), Error> {
    let written = ess_files::write_atomically(path, |file| {
        let mut earlier = None;
        let mut write_report = || {
            let written = report().and_then(|text| writeln!(file, "{text}")).and_then(|()| file.flush());
            written.map_err(|cause| Error::Io { path: path.to_owned(), cause })?;
            earlier = Some(SetAside::take(path)?);
            Ok(())
        };
        write_store(&mut write_report).map_err(io::Error::other)?;
        earlier.into_iter().for_each(SetAside::forget);
        Ok(())
    });
    written.map_err(|error| match error {
        // What went wrong with the store comes out as it went in.
        ess_files::Error::Io { path, cause } => {
            cause.downcast::<Error>().unwrap_or_else(|cause| Error::Io { path, cause })
        }
        other => other.into(),
    })
}
