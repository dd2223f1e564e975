//! `ess compare modules`: trains every kind of searching module on several data sets and writes a table of what each is worth.

mod cell;
mod data_set;
mod fitted;
mod peers;
mod report;
mod system;

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use ess_train::TrainerConfig;
use indicatif::ProgressStyle;
use serde::Serialize;

use crate::{arguments::device::DeviceArguments, data::dataset::JoinArguments, output::options::Output};

use self::{cell::Cell, data_set::DataSet, peers::Peer, report::Report, system::System};

const EXAMPLES: &str = "\
Examples:
  ess compare modules --out target/modules.md \\
      --data 'SciFact=data/scifact/minilm,data/scifact/qrels/train.tsv,,data/scifact/qrels/test.tsv'";

/// Train every kind of searching module on each data set, and measure it on test queries.
///
/// Every kind has its default settings, and all have the same trainer; whatever is chosen is chosen on dev. Each result
/// is kept in a file of its own, so that a run that was stopped goes on where it was.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// A data set: a folder with queries.safetensors and corpus.safetensors, and judgements for training, dev and test.
    /// Where DEV is empty, dev is a fifth of the training queries. Two more folders may have the same queries with token
    /// states and with poolings of layers (`encode --queries-only` with --states and with --layers), beside the same items.
    /// May be given several times.
    #[arg(
        long,
        value_name = "NAME=EMBEDDINGS_DIR,TRAIN,DEV,TEST[,STATES_DIR[,LAYERS_DIR]]",
        required = true
    )]
    data: Vec<DataSet>,
    #[command(flatten)]
    join: JoinArguments,
    /// Only these systems; without it, all.
    #[arg(long, value_name = "SYSTEM")]
    system: Vec<String>,
    /// Also a table of the differences to this system, which is measured too.
    #[arg(long, value_name = "SYSTEM")]
    against: Vec<String>,
    /// A JSON list of systems that were measured elsewhere, for rows below the others.
    #[arg(long, value_name = "FILE")]
    peers: Option<PathBuf>,
    /// The folder that results are kept in [default: that of --out, with the ending .cells].
    #[arg(long, value_name = "DIR")]
    cells: Option<PathBuf>,
    /// The seed of every random step.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    #[command(flatten)]
    device: DeviceArguments,
    /// The Markdown file with the table.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Serialize)]
struct Results {
    data: Vec<String>,
    cells: Vec<Cell>,
}

/// Runs the command.
pub(crate) fn run(mut arguments: Arguments, output: &Output) -> Result<()> {
    arguments.data.iter_mut().for_each(|data| data.allow_missing = arguments.join.allow_missing);
    let device = arguments.device.open()?;
    let systems = System::chosen(&arguments.system, &arguments.against)?;
    let peers = arguments.peers.as_deref().map(Peer::read).transpose()?.unwrap_or_default();
    let folder = arguments.cells.clone().unwrap_or_else(|| arguments.out.with_extension("cells"));
    let trainer = TrainerConfig { seed: arguments.seed, ..TrainerConfig::default() };
    // Before the work, so that a second one is told at once and not after it.
    let _lock = ess_files::FileLock::acquire(&arguments.out)?;
    let bar = output.bar(systems.len() * arguments.data.len());
    bar.set_style(ProgressStyle::with_template("{wide_bar} {pos}/{len} {msg} [{elapsed}]")?);
    let mut cells = Vec::new();
    for data in &arguments.data {
        // Opened only if a result is missing.
        let opened = std::cell::OnceCell::new();
        for system in &systems {
            bar.set_message(format!("{} on {}", system.name(), data.name));
            let path = folder.join(format!("{}.{}.json", data.name, system.file_name()));
            let wanted = cell::Wanted { data, system, trainer: &trainer };
            let cell = match Cell::read(&path, &wanted)? {
                Some(cell) => cell,
                None => {
                    if opened.get().is_none() {
                        let data = data.open(arguments.seed).with_context(|| data.name.clone())?;
                        opened.get_or_init(|| data);
                    }
                    let opened = opened.get().context("a data set that was opened")?;
                    let cell = wanted.measure(opened, &device)?;
                    cell.write(&path)?;
                    cell
                }
            };
            cells.push(cell);
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    let names: Vec<String> = arguments.data.iter().map(|data| data.name.clone()).collect();
    let report = Report { data: &names, systems: &systems, cells: &cells, seed: arguments.seed };
    let text = report.markdown(&arguments.against, &peers);
    ess_files::write_atomically(&arguments.out, |out| out.write_all(text.as_bytes()))?;
    crate::output::terminal::show(&text);
    output.write(&Results { data: names, cells })
}
