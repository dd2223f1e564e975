//! `ess compare hybrid`: compares ways to search by meaning and by words at once on several data sets, and writes a page of them.

mod collection;
mod learned;
mod measured;
mod report;
mod system;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde::{Deserialize, Serialize};

use crate::{
    data::{beir_data_set::BeirDataSet, dataset::JoinArguments},
    output::{json::write_json, options::Output},
};

use self::{
    collection::Collection,
    measured::Measured,
    system::{Cost, System},
};

const EXAMPLES: &str = "\
Examples:
  ess compare hybrid --out target/hybrid.md \\
      --data 'SciFact=data/scifact,data/scifact/minilm,data/scifact/qrels/train.tsv,,data/scifact/qrels/test.tsv'";

/// Search by meaning and by words at once in every way there is, and measure each on the test queries.
///
/// Weights and their settings come from training and dev queries alone; nothing is chosen on test queries. Results are kept
/// in a file for each data set, so that a run that was stopped goes on with the next one.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// A data set: a BEIR folder with the texts, a folder with queries.safetensors and corpus.safetensors, and judgements
    /// for training, dev and test. DEV may be empty; where TRAIN is empty, what has nothing to learn is measured. May be
    /// given several times.
    #[arg(long, value_name = "NAME=BEIR_DIR,EMBEDDINGS_DIR,TRAIN,DEV,TEST", required = true)]
    data: Vec<BeirDataSet>,
    #[command(flatten)]
    join: JoinArguments,
    /// How many hits of each searcher are combined, where two are; at least 10.
    #[arg(long, default_value_t = 100)]
    depth: usize,
    /// The folder that results are kept in [default: that of --out, with the ending .cells].
    #[arg(long, value_name = "DIR")]
    cells: Option<PathBuf>,
    /// The seed of every random step.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// The Markdown file.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// All that the page is made of.
#[derive(Serialize)]
struct Results {
    depth: usize,
    sets: Vec<SetResults>,
}

/// All systems on one data set, and what their results depend on.
#[derive(Serialize, Deserialize)]
struct SetResults {
    data: BeirDataSet,
    depth: usize,
    seed: u64,
    /// Training and dev queries that were learned from.
    learned_from: usize,
    measured: Vec<Measured>,
}

/// Runs the command.
pub(crate) fn run(mut arguments: Arguments, output: &Output) -> Result<()> {
    arguments.data.iter_mut().for_each(|data| data.allow_missing = arguments.join.allow_missing);
    ensure!(arguments.depth >= 10, "--depth {}: expected at least 10", arguments.depth);
    // Before the work, so that a second one is told at once and not after it.
    let _lock = ess_files::FileLock::acquire(&arguments.out)?;
    let bar = output.bar(System::ALL.len() * arguments.data.len());
    bar.set_style(ProgressStyle::with_template("{wide_bar} {pos}/{len} {msg} [{elapsed}]")?);
    let folder = arguments.cells.clone().unwrap_or_else(|| arguments.out.with_extension("cells"));
    let mut results = Results { depth: arguments.depth, sets: Vec::new() };
    for data in &arguments.data {
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
    let text = report::markdown(&results);
    ess_files::write_atomically(&arguments.out, |out| out.write_all(text.as_bytes()))?;
    crate::output::terminal::show(&text);
    output.write(&results)
}

/// The result that is kept, if it is of just this.
fn kept(path: &Path, data: &BeirDataSet, arguments: &Arguments) -> Option<SetResults> {
    let kept: SetResults = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
    let same = (&kept.data, kept.depth, kept.seed) == (data, arguments.depth, arguments.seed);
    same.then_some(kept)
}

fn compare(data: &BeirDataSet, arguments: &Arguments, bar: &ProgressBar) -> Result<SetResults> {
    bar.set_message(format!("reading {}", data.name));
    let collection = Collection::open(data, arguments.depth)?;
    let mut measured = Vec::new();
    for system in System::ALL {
        bar.set_message(format!("{} on {}", system.name(), data.name));
        if collection.learn.is_some() || !system.learns() {
            measured.push(Measured::of(system, &collection, &measured, arguments.seed)?);
        }
        bar.inc(1);
    }
    let learned_from = collection.learn.as_ref().map_or(0, |learn| learn.relevant.len());
    let (depth, seed) = (arguments.depth, arguments.seed);
    Ok(SetResults { data: data.clone(), depth, seed, learned_from, measured })
}
