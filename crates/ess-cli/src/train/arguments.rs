//! The flags of `ess train`.

use std::path::PathBuf;

use clap::{Args, builder::PossibleValue};
use ess_train::RecipeConfig;

use crate::{
    arguments::paths,
    arguments::{
        device::DeviceArguments, further::FurtherArguments, kind_parser::KindParser, losses::LossArguments,
        sides::SideArguments,
    },
    data::dataset::RankingArguments,
};

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
    #[arg(long, value_name = "DIR", value_parser = paths::EMBEDDINGS.read())]
    pub(super) embeddings: PathBuf,
    #[command(flatten)]
    pub(super) ranked: RankingArguments,
    /// Training judgements, BEIR or TREC format.
    #[arg(long, value_name = "QRELS", value_parser = paths::QRELS.read())]
    pub(super) train: PathBuf,
    /// Dev judgements; without them, dev is cut from the training queries.
    #[arg(long, value_name = "QRELS", value_parser = paths::QRELS.read())]
    pub(super) dev: Option<PathBuf>,
    /// The share of training queries that becomes dev where there is no --dev.
    #[arg(long, default_value_t = 0.2, value_name = "SHARE", conflicts_with = "dev")]
    pub(super) dev_share: f64,
    /// What is trained, with the default settings of its kind; `auto` chooses by itself [default: linear].
    #[arg(long, value_name = "KIND", value_parser = kinds())]
    pub(super) module: Option<String>,
    /// CPU-seconds that `auto` may spend, a run that was ended and goes on included [default: 120].
    #[arg(long, value_name = "SECONDS")]
    pub(super) budget: Option<f64>,
    /// CPU-milliseconds of one thread that a search for a query may take with what `auto` chooses [default: any number].
    #[arg(long, value_name = "MILLISECONDS")]
    pub(super) search_budget: Option<f64>,
    #[command(flatten)]
    pub(super) further: FurtherArguments,
    /// A BEIR folder with the texts, so that `auto` has lexical search too.
    #[arg(long, value_name = "DIR", value_parser = paths::BEIR.read())]
    pub(super) beir: Option<PathBuf>,
    /// A JSON file {"module": {"kind": …}, "trainer": {…}}, or one of the trainer's settings alone; with `auto`, one of its
    /// settings. Flags given beside it win. Every run saves its own with the module, whose folder can be given here too.
    #[arg(long, value_name = "FILE|MODULE_DIR", value_parser = paths::SETTINGS_OR_MODULE.read())]
    pub(super) config: Option<PathBuf>,
    /// Trained feedback: kinds that read token states read so many items, which a first pass of the index found, in the place
    /// of tokens. Searching then asks the index twice.
    #[arg(long, value_name = "ITEMS")]
    pub(super) feedback: Option<usize>,
    /// The learning rate [default: 0.001].
    #[arg(long)]
    pub(super) learning_rate: Option<f64>,
    /// How the learning rate goes on after warm-up [default: constant].
    #[arg(long, value_name = "SCHEDULE", value_parser = ["constant", "linear", "cosine"])]
    pub(super) schedule: Option<String>,
    /// Weight decay towards the identity [default: 20].
    #[arg(long)]
    pub(super) weight_decay: Option<f32>,
    /// Queries a step [default: 1024].
    #[arg(long)]
    pub(super) batch_size: Option<usize>,
    /// The maximum number of steps [default: 60].
    #[arg(long)]
    pub(super) max_steps: Option<usize>,
    /// Train again on train and dev together once dev has chosen.
    #[arg(long)]
    pub(super) refit: bool,
    /// The seed of every random step [default: 0].
    #[arg(long)]
    pub(super) seed: Option<u64>,
    #[command(flatten)]
    pub(super) device: DeviceArguments,
    /// Keep the state of training here, every 10 steps, and go on from what is there: the same command again, after it was
    /// interrupted, ends with the same module.
    #[arg(long, value_name = "DIR", value_parser = paths::OUTPUT_FOLDER.written())]
    pub(super) checkpoint: Option<PathBuf>,
    /// The folder to save the module in. Its manifest holds the run's settings, which config.json shows; training.json is the
    /// report.
    #[arg(long, value_name = "MODULE_DIR", value_parser = paths::OUTPUT_FOLDER.written())]
    pub(super) out: PathBuf,
    #[command(flatten)]
    pub(super) loss: LossArguments,
    #[command(flatten)]
    pub(super) sides: SideArguments,
}

fn kinds() -> KindParser {
    let kinds = RecipeConfig::kinds().into_iter().chain(RecipeConfig::token_kinds());
    KindParser::new(kinds.chain([RecipeConfig::AUTO]).map(PossibleValue::new))
}
