//! `ess train`: a searching module on frozen embeddings, or an automatic choice.

mod automatic;
mod report;
mod run;
mod settings;

use std::path::PathBuf;

use anyhow::{Result, ensure};
use clap::{ArgMatches, Args, builder::PossibleValuesParser};
use ess_files::FolderLock;
use ess_search::Attachments;
use ess_train::RecipeConfig;

use crate::{
    arguments::{device::DeviceArguments, losses::LossArguments, sides::SideArguments},
    data::dataset::{JoinArguments, open_dataset},
    output::options::Output,
    settings::attached::SETTINGS,
};

use self::{report::Report, run::Run};

const EXAMPLES: &str = "\
Examples:
  ess train --embeddings data/scifact/minilm --train data/scifact/qrels/train.tsv --out target/linear
  ess train --embeddings data/scifact/minilm --train data/scifact/qrels/train.tsv --module mlp --refit --out target/mlp
  ess train --module auto --beir data/scifact --embeddings data/scifact/minilm \\
      --train data/scifact/qrels/train.tsv --out target/auto";

/// Train a searching module on frozen embeddings.
///
/// Training stops early on dev, and the identity (the frozen encoder's own ranking) is saved unless dev shows that the
/// trained module is better.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// A folder with queries.safetensors and corpus.safetensors. Kinds that read token states need them in the first.
    #[arg(long, value_name = "DIR")]
    embeddings: PathBuf,
    #[command(flatten)]
    join: JoinArguments,
    /// Training judgements, BEIR or TREC format.
    #[arg(long, value_name = "QRELS")]
    train: PathBuf,
    /// Dev judgements; without them, dev is cut from the training queries.
    #[arg(long, value_name = "QRELS")]
    dev: Option<PathBuf>,
    /// The share of training queries that becomes dev where there is no --dev.
    #[arg(long, default_value_t = 0.2, value_name = "SHARE", conflicts_with = "dev")]
    dev_share: f64,
    /// What is trained, with the default settings of its kind; `auto` chooses by itself [default: linear].
    #[arg(long, value_name = "KIND", value_parser = kinds())]
    module: Option<String>,
    /// CPU-seconds that `auto` may spend, a run that was ended and goes on included [default: 120].
    #[arg(long, value_name = "SECONDS")]
    budget: Option<f64>,
    /// A BEIR folder with the texts, so that `auto` can search by words too.
    #[arg(long, value_name = "DIR")]
    beir: Option<PathBuf>,
    /// A JSON file {"module": {"kind": …}, "trainer": {…}}, or one of the trainer's settings alone; with `auto`, one of its
    /// settings. Flags given beside it win. Every run saves its own with the module, whose folder can be given here too.
    #[arg(long, value_name = "FILE|MODULE_DIR")]
    config: Option<PathBuf>,
    /// Trained feedback: kinds that read token states read so many items, which a first pass of the index found, in the place
    /// of tokens. Searching then asks the index twice.
    #[arg(long, value_name = "ITEMS")]
    feedback: Option<usize>,
    /// The learning rate [default: 0.001].
    #[arg(long)]
    learning_rate: Option<f64>,
    /// How the learning rate goes on after warm-up [default: constant].
    #[arg(long, value_name = "SCHEDULE", value_parser = ["constant", "linear", "cosine"])]
    schedule: Option<String>,
    /// Weight decay towards the identity [default: 20].
    #[arg(long)]
    weight_decay: Option<f32>,
    /// Queries a step [default: 1024].
    #[arg(long)]
    batch_size: Option<usize>,
    /// The most steps [default: 60].
    #[arg(long)]
    max_steps: Option<usize>,
    /// Train again on train and dev together once dev has chosen.
    #[arg(long)]
    refit: bool,
    /// The seed of every random step [default: 0].
    #[arg(long)]
    seed: Option<u64>,
    #[command(flatten)]
    device: DeviceArguments,
    /// Keep the state of training here, every 10 steps, and go on from what is there: the same command again, after it was
    /// interrupted, ends with the same module.
    #[arg(long, value_name = "DIR")]
    checkpoint: Option<PathBuf>,
    /// The folder to save the module in. Its manifest holds the run's settings, which config.json shows; training.json is the
    /// report.
    #[arg(long, value_name = "MODULE_DIR")]
    out: PathBuf,
    #[command(flatten)]
    loss: LossArguments,
    #[command(flatten)]
    sides: SideArguments,
}

/// What `--module` calls automatic choice.
const AUTO: &str = "auto";

fn kinds() -> PossibleValuesParser {
    PossibleValuesParser::new(
        RecipeConfig::kinds().into_iter().chain(RecipeConfig::token_kinds()).chain([AUTO]),
    )
}

/// Runs the command. `matches` say which flags stood on the command line.
pub(crate) fn run(arguments: &Arguments, output: &Output, matches: &ArgMatches) -> Result<()> {
    if arguments.module.as_deref() == Some(AUTO) {
        automatic::refuse_flags_of_training(matches)?;
        return automatic::choose(arguments, output);
    }
    ensure!(
        arguments.budget.is_none() && arguments.beir.is_none(),
        "--budget and --beir belong to --module auto"
    );
    let config = settings::of(arguments)?;
    // Before the work, so that a second one is told at once and not after it.
    let mut out = FolderLock::acquire(&arguments.out)?;
    let checkpoints = arguments.checkpoint.as_ref().filter(|folder| **folder != arguments.out);
    let _checkpoints = checkpoints.map(|folder| FolderLock::acquire(folder)).transpose()?;
    let run = Run {
        arguments,
        output,
        config: &config,
        dataset: open_dataset(&arguments.embeddings, arguments.join)?,
    };
    let (state, fit) = match config.module.reads_token_states() {
        true => run.train_on_token_states()?,
        false => run.train_on_embeddings()?,
    };

    let report = Report { module: config.module.kind(), fit: &fit };
    let settings = Attachments::default().with(SETTINGS, &config)?;
    report::save(&mut out, &report, |out| Ok(state.save_with(&settings, out)?))?;
    output.write(&report)?;
    report::describe(&fit, &arguments.out);
    Ok(())
}
