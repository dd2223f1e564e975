//! `ess rerank`: a run whose best items a cross-encoder reads with the query, reordered by its scores.

mod labels;
pub(crate) mod pairs;
pub(crate) mod thresholds;

use std::{
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::{Context, Result, ensure};
use clap::Args;
use ess_data::{check_run_ids, read_qrels, read_run, write_run};
use ess_encoders::{CrossEncoder, Precision};
use ess_metrics::{Qrels, Run};
use serde::Serialize;

use crate::{
    arguments::paths,
    data::{beir_texts::BeirTexts, model_folder::model_folder},
    output::options::Output,
};

use self::{
    labels::LabelArguments,
    pairs::{look_up, scored, wanted},
    thresholds::Labels,
};

const EXAMPLES: &str = "\
Examples:
  ess rerank --model path/to/ms-marco-MiniLM-L6-v2 --beir my-beir --run bm25.run --write-run reranked.run
  ess evaluate --qrels my-beir/qrels/test.tsv --run bm25.run --run reranked.run

  # A teacher for the training queries: the judged items have a score too.
  ess rerank --model path/to/ms-marco-MiniLM-L6-v2 --beir my-beir --run train.run --qrels my-beir/qrels/train.tsv \\
             --write-run teacher.run
  ess train --embeddings my-beir/minilm --train my-beir/qrels/train.tsv --loss margin_mse --teacher teacher.run --out module

  # Judgements for queries that have none: what the cross-encoder is sure of, beside the judgements that there are.
  ess rerank --model path/to/ms-marco-MiniLM-L6-v2 --beir my-beir --run all.run --qrels my-beir/qrels/train.tsv \\
             --write-run teacher.run --write-qrels more.tsv
  ess train --embeddings my-beir/minilm --train more.tsv --dev my-beir/qrels/dev.tsv --out module";

/// Reorder a run by a cross-encoder.
///
/// The best items of each query are read with it, by a sequence classification model of one label, and ranked by its scores. A pair
/// that is too long is cut at the item. The run that is written has those items alone, and is what `ess train` takes as --teacher.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The cross-encoder: a folder, or the name of a model on the Hugging Face hub (build with --features hub).
    #[arg(long, value_name = "DIR|NAME")]
    model: String,
    /// The texts of queries and items.
    #[arg(long, value_name = "DIR", value_parser = paths::BEIR.read())]
    beir: PathBuf,
    /// The run to reorder.
    #[arg(long, value_name = "FILE", value_parser = paths::RUN.read())]
    run: PathBuf,
    /// How many items of a query are read.
    #[arg(long, default_value_t = 100)]
    depth: usize,
    /// Reads the judged items of these judgements too, wherever they stand in the run: for a teacher's scores.
    #[arg(long, value_name = "QRELS", value_parser = paths::QRELS.read())]
    qrels: Option<PathBuf>,
    /// The run to write.
    #[arg(long, value_name = "FILE", value_parser = paths::OUTPUT_FILE.written())]
    write_run: PathBuf,
    #[command(flatten)]
    labels: LabelArguments,
    /// How the weights are kept: f32, bf16 or int8.
    #[arg(long, default_value_t, value_name = "PRECISION")]
    precision: Precision,
}

#[derive(Serialize)]
struct Report {
    model: String,
    depth: usize,
    queries: usize,
    pairs: usize,
    /// Judgements that were made, where they were wanted.
    labels: Option<Labels>,
    seconds: f64,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<()> {
    ensure!(arguments.depth > 0, "--depth 0: expected at least 1");
    arguments.labels.check()?;
    let judgements = arguments.labels.write_qrels.as_deref().map(|path| ("--write-qrels", path));
    let outputs: Vec<_> = [("--write-run", &*arguments.write_run)].into_iter().chain(judgements).collect();
    let _locks = output.lock_files(&outputs)?;
    let first = read_run(&arguments.run)?;
    let qrels = arguments.qrels.as_deref().map(read_qrels).transpose()?;
    let texts = BeirTexts::read(&arguments.beir)?;
    let pairs = wanted(&first, qrels.as_ref(), arguments.depth);
    say_without_hits(&first, qrels.as_ref());
    // Paths that cannot be read or written are refused before the work.
    let looked_up = look_up(&pairs, &texts).with_context(|| arguments.run.display().to_string())?;
    let items = pairs.iter().flat_map(|(_, items)| items.iter().map(String::as_str));
    check_run_ids(&arguments.write_run, pairs.iter().map(|(query, _)| query.as_str()), items)?;
    let encoder = CrossEncoder::load_at(model_folder(&arguments.model, output.quiet)?, arguments.precision)?;

    let started = Instant::now();
    let bar = output.bar(pairs.len());
    let reordered = scored(&encoder, &pairs, &looked_up, tag(&arguments.model), &bar)?;
    write_run(&arguments.write_run, &reordered)?;
    let labels = arguments.labels.write(&reordered, qrels.as_ref())?;
    let report = Report {
        model: arguments.model.clone(),
        depth: arguments.depth,
        queries: pairs.len(),
        pairs: reordered.len(),
        labels,
        seconds: started.elapsed().as_secs_f64(),
    };
    let (written, Report { queries, pairs, seconds, .. }) = (arguments.write_run.display(), &report);
    say!("{written}: {pairs} pairs of {queries} queries in {seconds:.1} s");
    if let Some(Labels { relevant, irrelevant, neither }) = &report.labels {
        say!("{relevant} pairs judged relevant, {irrelevant} not relevant, {neither} neither");
    }
    output.write(&report)
}

/// Says how many judged queries get no score, as the run has no hit for them.
fn say_without_hits(run: &Run, qrels: Option<&Qrels>) {
    let judged = qrels.into_iter().flat_map(Qrels::queries);
    let without = judged.filter(|query| run.get(query).is_none()).count();
    if without > 0 {
        note!("note: {without} judged queries are not in the run, and get no scores");
    }
}

/// The system's name in the run: that of the model.
fn tag(model: &str) -> String {
    let name = Path::new(model).file_name().map(|name| name.to_string_lossy().into_owned());
    name.unwrap_or_else(|| "cross-encoder".to_owned())
}
