//! `ess compare hybrid`: compares ways to combine dense and lexical search on several data sets, and writes a page of them.

mod collection;
mod learned;
mod measured;
mod report;
mod results;
mod system;

use std::path::Path;

use anyhow::{Context, Result, ensure};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use crate::{
    data::beir_data_set::BeirDataSet,
    output::{json::write_json, options::Output},
};

use super::arguments::ComparisonArguments;

use self::{
    collection::Collection,
    measured::Measured,
    results::{Results, SetResults},
    system::System,
};

const EXAMPLES: &str = "\
Examples:
  ess compare hybrid --out target/hybrid.md \\
      --data 'SciFact=data/scifact,data/scifact/minilm,data/scifact/qrels/train.tsv,,data/scifact/qrels/test.tsv'";

/// Combine dense and lexical search in every way there is, and measure each on the test queries.
///
/// Weights and their settings come from training and dev queries alone, where the measure of the page chooses; nothing is chosen
/// on test queries. Results are kept in a file for each data set, so that a run that was stopped goes on with the next one.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    comparison: ComparisonArguments<BeirDataSet>,
    /// How many hits of each searcher are combined, where two are; at least as many as the measure looks at. Of a measure
    /// without a cutoff that is what it looks at.
    #[arg(long, default_value_t = 100)]
    depth: usize,
}

/// Runs the command.
pub(crate) fn run(arguments: Arguments, output: &Output) -> Result<()> {
    let (comparison, data_sets) = (&arguments.comparison, arguments.comparison.data_sets()?);
    let (depth, measure) = (arguments.depth, comparison.measure);
    let least = measure.cutoff().k().unwrap_or(1);
    ensure!(depth >= least, "--depth {depth}: expected at least {least}, for {measure}");
    let _lock = comparison.lock(None, output)?;
    let bar = output.bar(System::ALL.len() * data_sets.len());
    bar.set_style(ProgressStyle::with_template("{wide_bar} {pos}/{len} {msg} [{elapsed}]")?);
    let folder = comparison.cells();
    let mut results = Results { measure, depth, sets: Vec::new() };
    for data in &data_sets {
        let path = folder.join(format!("{}.json", data.name));
        let set = match kept(&path, data, &arguments) {
            Some(kept) => kept,
            None => {
                let set = compare(data, &arguments, &bar).with_context(|| data.name.clone())?;
                write_json(&path, &set)?;
                set
            }
        };
        results.sets.push(set);
    }
    bar.finish_and_clear();
    comparison.write(&report::markdown(&results))?;
    output.write(&results)
}

/// The result that is kept, if it is of just this.
fn kept(path: &Path, data: &BeirDataSet, arguments: &Arguments) -> Option<SetResults> {
    let kept: SetResults = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
    let wanted = (data, arguments.comparison.measure, arguments.depth, arguments.comparison.seed());
    ((&kept.data, kept.measure, kept.depth, kept.seed) == wanted).then_some(kept)
}

fn compare(data: &BeirDataSet, arguments: &Arguments, bar: &ProgressBar) -> Result<SetResults> {
    bar.set_message(format!("reading {}", data.name));
    let (measure, depth, seed) = (arguments.comparison.measure, arguments.depth, arguments.comparison.seed());
    let collection = Collection::open(data, measure, depth)?;
    let mut measured = Vec::new();
    for system in System::ALL {
        bar.set_message(format!("{} on {}", system.name(), data.name));
        if collection.learn.is_some() || !system.learns() {
            measured.push(Measured::of(system, &collection, &measured, seed)?);
        }
        bar.inc(1);
    }
    let learned_from = collection.learn.as_ref().map_or(0, |learn| learn.relevant.len());
    Ok(SetResults { data: data.clone(), measure, depth, seed, learned_from, measured })
}
