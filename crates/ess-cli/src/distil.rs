//! `ess distil`: distils a static encoder from a transformer: some hundred times as fast, for some loss of quality.

use std::{path::PathBuf, time::Instant};

use anyhow::Result;
use clap::Args;
use ess_encoders::{DistilConfig, SentenceEncoder, StaticEncoder};
use ess_files::FolderLock;
use serde::Serialize;

use crate::{
    arguments::paths,
    data::{item_texts::item_texts, model_folder::model_folder},
    output::options::Output,
};

const EXAMPLES: &str = "\
Examples:
  ess distil --model path/to/all-MiniLM-L6-v2 --out static-minilm
  ess distil --model path/to/all-MiniLM-L6-v2 --beir my-beir --dim 128 --out static-minilm";

/// Distil a static encoder from a sentence-transformers model.
///
/// Writes a folder that encode takes as --model, and that Model2Vec loads. Runs on all cores.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The model: a sentence-transformers folder, or the name of one on the Hugging Face hub (build with --features hub).
    #[arg(long, value_name = "DIR|NAME")]
    model: String,
    /// The folder to write to.
    #[arg(long, value_name = "DIR", value_parser = paths::OUTPUT_FOLDER.written())]
    out: PathBuf,
    /// A BEIR folder whose items say how frequent each token is. Default: Zipf's law over the vocabulary.
    #[arg(long, alias = "texts", value_name = "DIR", value_parser = paths::BEIR.read())]
    beir: Option<PathBuf>,
    /// The dimension of the embeddings.
    #[arg(long, default_value_t = DistilConfig::default().dim)]
    dim: usize,
    /// How much less frequent tokens weigh: a in a / (a + frequency).
    #[arg(long, default_value_t = DistilConfig::default().sif, value_name = "NUMBER")]
    sif: f64,
}

#[derive(Serialize)]
struct Report {
    model: String,
    config: DistilConfig,
    texts: usize,
    seconds: f64,
}

/// Runs the command.
pub(crate) fn run(arguments: Arguments, output: &Output) -> Result<()> {
    let started = Instant::now();
    let config = DistilConfig { dim: arguments.dim, sif: arguments.sif };
    // Before the work, so that a second one is told at once and not after it.
    let mut out = FolderLock::acquire(&arguments.out)?;
    let encoder = SentenceEncoder::load(model_folder(&arguments.model, output.quiet)?)?;
    let texts = arguments.beir.as_deref().map(item_texts).transpose()?;
    let distilled = match &texts {
        None => StaticEncoder::distil(&encoder, &config)?,
        Some(texts) => {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            StaticEncoder::distil_for(&encoder, &config, &texts)?
        }
    };
    distilled.save_in(&mut out)?;
    let report = Report {
        model: arguments.model,
        config,
        texts: texts.map_or(0, |texts| texts.len()),
        seconds: started.elapsed().as_secs_f64(),
    };
    say!("{} in {:.1} s", arguments.out.display(), report.seconds);
    output.write(&report)
}
