//! `ess compare auto`: chooses automatically on several data sets and writes a page of what the choices are worth, there and elsewhere.

mod cell;
mod choice;
mod data_set;
mod frontier;
mod peers;
mod report;
mod results;

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use burn::tensor::Device;
use clap::Args;
use ess_auto::AutoConfig;

use crate::{
    arguments::{device::DeviceArguments, paths},
    automatic::config,
    output::options::Output,
};

use super::{arguments::ComparisonArguments, measured_elsewhere::MeasuredElsewhere as _};

use self::{
    cell::{Cell, Measuring},
    choice::{Choice, Source},
    data_set::DataSet,
    peers::Peer,
    results::Results,
};

const EXAMPLES: &str = "\
Examples:
  ess compare auto --out target/auto.md \\
      --data 'SciFact=data/scifact,data/scifact/minilm,data/scifact/qrels/train.tsv,,data/scifact/qrels/test.tsv'";

/// Choose automatically on each data set with the same settings, and measure each choice on all test queries.
///
/// A choice sees training and dev queries alone, and is the best by nDCG@10 of held-out ones, whatever the measure of the page.
/// Choices and results are kept in files of their own, so that a run that was stopped goes on where it was.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    comparison: ComparisonArguments<DataSet>,
    /// CPU-seconds that each choice may spend [default: 120].
    #[arg(long, value_name = "SECONDS")]
    budget: Option<f64>,
    /// Budgets for the plot of quality against CPU-seconds, of choices on the first data set. It stands beside --out with the
    /// ending .svg.
    #[arg(long, value_name = "SECONDS,…", value_delimiter = ',')]
    plot_budgets: Vec<f64>,
    /// A JSON list of systems that were measured elsewhere, for the plot: name, source, measure (without it, ndcg@10), value,
    /// cpu_seconds.
    #[arg(long, value_name = "FILE", value_parser = paths::PEERS.read())]
    peers: Option<PathBuf>,
    /// A JSON file with the settings of automatic choice, or the folder of a choice that `train --module auto` made. Flags
    /// given beside it win.
    #[arg(long, value_name = "FILE|MODULE_DIR", value_parser = paths::SETTINGS_OR_MODULE.read())]
    config: Option<PathBuf>,
    #[command(flatten)]
    device: DeviceArguments,
}

/// Runs the command.
pub(crate) fn run(arguments: Arguments, output: &Output) -> Result<()> {
    let (comparison, data_sets) = (&arguments.comparison, arguments.comparison.data_sets()?);
    let config = config(arguments.config.as_deref(), arguments.budget, comparison.given_seed())?;
    let device = arguments.device.open()?;
    let _lock = comparison.lock(plot_file(&arguments).as_deref(), output)?;
    let measuring = Measuring { measure: comparison.measure, seed: comparison.seed() };
    let read = |path| Peer::read(path, measuring.measure);
    let peers = arguments.peers.as_deref().map(read).transpose()?.unwrap_or_default();
    let folder = comparison.cells();
    let sources: Vec<Source<'_>> = data_sets.iter().map(|data| Source::new(data, &config)).collect();
    let choose = |source: &Source<'_>| {
        Choice::make(source, &config, folder.join(&source.data.name), output.progress(), &device)
    };
    let choices: Vec<Choice> =
        sources.iter().filter(|source| source.data.has_train()).map(choose).collect::<Result<_>>()?;
    ensure!(!choices.is_empty(), "no data set has training queries: give TRAIN in at least one --data");
    let frontier = frontier(&arguments, output, &config, &sources, measuring, &device)?;
    let mut results = Results::new(measuring.measure, frontier, peers);
    for target in &sources {
        measure(&choices, target, &folder, measuring, &mut results)?;
    }
    results.choices = choices;
    write(&arguments, output, &results)
}

/// Measures on one data set its own choice, those of other items, and all of the latter together.
fn measure(
    choices: &[Choice],
    target: &Source<'_>,
    folder: &Path,
    measuring: Measuring,
    results: &mut Results,
) -> Result<()> {
    let measure = |choices: &[&Choice]| {
        let names: Vec<&str> = choices.iter().map(|choice| choice.name()).collect();
        let path = folder.join(format!("{} on {}.json", names.join(" + "), target.data.name));
        Cell::make(choices, target, &path, measuring)
    };
    let others: Vec<&Choice> =
        choices.iter().filter(|choice| !choice.data().shares_items(target.data)).collect();
    for choice in choices {
        if choice.name() == target.data.name {
            results.own.push(measure(&[choice])?);
        } else if !choice.data().shares_items(target.data) {
            results.transfer.push(measure(&[choice])?);
        }
    }
    if others.len() > 1 {
        results.several.push(measure(&others)?);
    }
    Ok(())
}

/// Choices on the first data set with training queries, by budget.
fn frontier(
    arguments: &Arguments,
    output: &Output,
    config: &AutoConfig,
    sources: &[Source<'_>],
    measuring: Measuring,
    device: &Device,
) -> Result<Vec<(f64, Cell)>> {
    let folder = arguments.comparison.cells();
    let Some(source) = sources.iter().find(|source| source.data.has_train()) else {
        return Ok(Vec::new());
    };
    let point = |&budget: &f64| {
        let config = AutoConfig { budget_seconds: budget, ..config.clone() };
        config.check()?;
        let name = format!("{} within {budget}", source.data.name);
        let choice = Choice::make(source, &config, folder.join(&name), output.progress(), device)?;
        let cell = Cell::make(&[&choice], source, &folder.join(format!("{name}.json")), measuring)?;
        Ok((choice.report.cpu_seconds, cell))
    };
    arguments.plot_budgets.iter().map(point).collect()
}

/// The plot beside the page, where there are budgets for it.
fn plot_file(arguments: &Arguments) -> Option<PathBuf> {
    (!arguments.plot_budgets.is_empty()).then(|| arguments.comparison.out.with_extension("svg"))
}

fn write(arguments: &Arguments, output: &Output, results: &Results) -> Result<()> {
    let plot = plot_file(arguments);
    if let Some(path) = &plot {
        frontier::plot(results, path)?;
    }
    arguments.comparison.write(&report::markdown(results, plot.as_deref()))?;
    output.write(results)
}
