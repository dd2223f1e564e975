//! `ess compare modules`: trains every kind of searching module on several data sets and writes a table of what each is worth.

mod cell;
mod data_set;
mod fitted;
mod peers;
mod report;
mod system;
mod wanted;

use std::path::PathBuf;

use anyhow::{Context, Result};
use burn::tensor::Device;
use clap::Args;
use ess_metrics::NamedMeasure;
use ess_train::TrainerConfig;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use crate::{arguments::device::DeviceArguments, arguments::paths, output::options::Output};

use super::{arguments::ComparisonArguments, measured_elsewhere::MeasuredElsewhere as _};

use self::{cell::Cell, data_set::DataSet, peers::Peer, report::Report, system::System, wanted::Wanted};

const EXAMPLES: &str = "\
Examples:
  ess compare modules --out target/modules.md \\
      --data 'SciFact=data/scifact/minilm,data/scifact/qrels/train.tsv,,data/scifact/qrels/test.tsv'";

/// Train every kind of searching module on each data set, and measure it on test queries.
///
/// Every kind has its default settings, and all have the same trainer; whatever is chosen is chosen on dev, by the measure of
/// the page too. Each result is kept in a file of its own, so that a run that was stopped goes on where it was.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    comparison: ComparisonArguments<DataSet>,
    /// Only these systems; without it, all.
    #[arg(long, value_name = "SYSTEM")]
    system: Vec<String>,
    /// Also a table of the differences to this system, which is measured too.
    #[arg(long, value_name = "SYSTEM")]
    against: Vec<String>,
    /// A JSON list of systems that were measured elsewhere, for rows below the others: name, source, measure (without it,
    /// ndcg@10), and values by the name of the data set.
    #[arg(long, value_name = "FILE", value_parser = paths::PEERS.read())]
    peers: Option<PathBuf>,
    #[command(flatten)]
    device: DeviceArguments,
}

#[derive(Serialize)]
struct Results {
    measure: NamedMeasure,
    data: Vec<String>,
    cells: Vec<Cell>,
}

/// Runs the command.
pub(crate) fn run(arguments: Arguments, output: &Output) -> Result<()> {
    let (comparison, data_sets) = (&arguments.comparison, arguments.comparison.data_sets()?);
    let device = arguments.device.open()?;
    let systems = System::chosen(&arguments.system, &arguments.against)?;
    let (measure, seed) = (comparison.measure, comparison.seed());
    let read = |path| Peer::read(path, measure);
    let peers = arguments.peers.as_deref().map(read).transpose()?.unwrap_or_default();
    let trainer = TrainerConfig { seed, measure, ..TrainerConfig::default() };
    let _lock = comparison.lock(None, output)?;
    let bar = output.bar(systems.len() * data_sets.len());
    bar.set_style(ProgressStyle::with_template("{wide_bar} {pos}/{len} {msg} [{elapsed}]")?);
    let measuring = Measuring { folder: comparison.cells(), trainer, device, bar };
    let mut cells = Vec::new();
    for data in &data_sets {
        cells.extend(measuring.row(data, &systems)?);
    }
    measuring.bar.finish_and_clear();
    let names: Vec<String> = data_sets.iter().map(|data| data.split.name.clone()).collect();
    let report = Report { data: &names, systems: &systems, cells: &cells, measure, seed };
    comparison.write(&report.markdown(&arguments.against, &peers))?;
    output.write(&Results { measure, data: names, cells })
}

/// How cells are measured, and where they are kept.
struct Measuring {
    folder: PathBuf,
    trainer: TrainerConfig,
    device: Device,
    bar: ProgressBar,
}

impl Measuring {
    /// All systems on one data set, which is opened only if a result is missing.
    fn row(&self, data: &DataSet, systems: &[System]) -> Result<Vec<Cell>> {
        let mut opened = None;
        let mut cells = Vec::with_capacity(systems.len());
        for system in systems {
            self.bar.set_message(format!("{} on {}", system.name(), data.split.name));
            let path = self.folder.join(format!("{}.{}.json", data.split.name, system.file_name()));
            let wanted = Wanted { data, system, trainer: &self.trainer };
            let cell = match Cell::read(&path, &wanted)? {
                Some(cell) => cell,
                None => {
                    let opened = match &mut opened {
                        Some(opened) => opened,
                        none => none.insert(
                            data.split.open(self.trainer.seed).with_context(|| data.split.name.clone())?,
                        ),
                    };
                    let cell = wanted.measure(opened, &self.device)?;
                    cell.write(&path)?;
                    cell
                }
            };
            cells.push(cell);
            self.bar.inc(1);
        }
        Ok(cells)
    }
}
