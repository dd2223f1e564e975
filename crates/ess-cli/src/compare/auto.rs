//! `ess compare auto`: chooses automatically on several data sets and writes a page of what the choices are worth, there and elsewhere.

mod cell;
mod choice;
mod data_set;
mod frontier;
mod report;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Args;
use ess_auto::AutoConfig;
use ess_files::FileLock;
use serde::Serialize;

use crate::{data::dataset::JoinArguments, output::options::Output};

use self::{
    cell::Cell,
    choice::{Choice, Source},
    data_set::DataSet,
    frontier::Peer,
};

const EXAMPLES: &str = "\
Examples:
  ess compare auto --out target/auto.md \\
      --data 'SciFact=data/scifact,data/scifact/minilm,data/scifact/qrels/train.tsv,,data/scifact/qrels/test.tsv'";

/// Choose automatically on each data set with the same settings, and measure each choice on all test queries.
///
/// A choice sees training and dev queries alone. Choices and results are kept in files of their own, so that a run that
/// was stopped goes on where it was.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// A data set: a BEIR folder with the texts, a folder with queries.safetensors and corpus.safetensors, and judgements
    /// for training, dev and test. DEV may be empty; where TRAIN is empty, choices of other sets are measured there. May
    /// be given several times.
    #[arg(long, value_name = "NAME=BEIR_DIR,EMBEDDINGS_DIR,TRAIN,DEV,TEST", required = true)]
    data: Vec<DataSet>,
    #[command(flatten)]
    join: JoinArguments,
    /// CPU-seconds that each choice may spend [default: 120].
    #[arg(long, value_name = "SECONDS")]
    budget: Option<f64>,
    /// Budgets for the plot of quality against CPU-seconds, of choices on the first data set.
    #[arg(long, value_name = "SECONDS,…", value_delimiter = ',')]
    plot_budgets: Vec<f64>,
    /// A JSON list of systems that were measured elsewhere, for the plot: name, source, ndcg, cpu_seconds.
    #[arg(long, value_name = "FILE")]
    peers: Option<PathBuf>,
    /// A JSON file with the settings of automatic choice.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The folder that choices and results are kept in, told apart by paths and settings: give another one when files of
    /// embeddings have changed [default: that of --out, with the ending .cells].
    #[arg(long, value_name = "DIR")]
    cells: Option<PathBuf>,
    /// The seed of every random step.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// The Markdown file; the plot stands beside it with the ending .svg.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// All that the page is made of.
#[derive(Serialize)]
struct Results {
    choices: Vec<Choice>,
    /// Of each choice on the test queries of its own data set.
    own: Vec<Cell>,
    /// Of each choice on those of others.
    transfer: Vec<Cell>,
    /// Of all choices but the target's together.
    several: Vec<Cell>,
    /// Choices on the first data set by budget, with what they spent.
    frontier: Vec<(f64, Cell)>,
    peers: Vec<Peer>,
}

/// Runs the command.
pub(crate) fn run(mut arguments: Arguments, output: &Output) -> Result<()> {
    arguments.data.iter_mut().for_each(|data| data.allow_missing = arguments.join.allow_missing);
    let config = config(&arguments)?;
    // Before the work, so that a second one is told at once and not after it.
    let _lock = FileLock::acquire(&arguments.out)?;
    let peers = arguments.peers.as_deref().map(Peer::read).transpose()?.unwrap_or_default();
    let folder = arguments.cells.clone().unwrap_or_else(|| arguments.out.with_extension("cells"));
    let sources: Vec<Source<'_>> = arguments.data.iter().map(|data| Source::new(data, &config)).collect();
    let choose = |source: &Source<'_>| {
        Choice::make(source, &config, folder.join(&source.data.name), output.progress())
    };
    let choices: Vec<Choice> =
        sources.iter().filter(|source| source.data.has_train()).map(choose).collect::<Result<_>>()?;
    ensure!(!choices.is_empty(), "no data set has training queries");
    let measure = |choices: &[&Choice], target: &Source<'_>| {
        let names: Vec<&str> = choices.iter().map(|choice| choice.name()).collect();
        let path = folder.join(format!("{} on {}.json", names.join(" + "), target.data.name));
        Cell::make(choices, target, &path, arguments.seed)
    };
    let mut results = Results {
        own: Vec::new(),
        transfer: Vec::new(),
        several: Vec::new(),
        frontier: frontier(&arguments, output, &config, &sources, &folder)?,
        peers,
        choices: Vec::new(),
    };
    for target in &sources {
        let others: Vec<&Choice> =
            choices.iter().filter(|choice| !choice.data().shares_items(target.data)).collect();
        for choice in &choices {
            if choice.name() == target.data.name {
                results.own.push(measure(&[choice], target)?);
            } else if !choice.data().shares_items(target.data) {
                results.transfer.push(measure(&[choice], target)?);
            }
        }
        if others.len() > 1 {
            results.several.push(measure(&others, target)?);
        }
    }
    results.choices = choices;
    write(&arguments, output, &results)
}

fn config(arguments: &Arguments) -> Result<AutoConfig> {
    let mut config = match &arguments.config {
        Some(path) => {
            let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
            serde_json::from_str(&text)
                .with_context(|| format!("{}: not settings of automatic choice", path.display()))?
        }
        None => AutoConfig::default(),
    };
    config.budget_seconds = arguments.budget.unwrap_or(config.budget_seconds);
    config.seed = config.seed.wrapping_add(arguments.seed);
    config.check()?;
    Ok(config)
}

/// Choices on the first data set with training queries, by budget.
fn frontier(
    arguments: &Arguments,
    output: &Output,
    config: &AutoConfig,
    sources: &[Source<'_>],
    folder: &Path,
) -> Result<Vec<(f64, Cell)>> {
    let Some(source) = sources.iter().find(|source| source.data.has_train()) else {
        return Ok(Vec::new());
    };
    let point = |&budget: &f64| {
        let config = AutoConfig { budget_seconds: budget, ..config.clone() };
        config.check()?;
        let name = format!("{} within {budget}", source.data.name);
        let choice = Choice::make(source, &config, folder.join(&name), output.progress())?;
        let cell = Cell::make(&[&choice], source, &folder.join(format!("{name}.json")), arguments.seed)?;
        Ok((choice.report.cpu_seconds, cell))
    };
    arguments.plot_budgets.iter().map(point).collect()
}

fn write(arguments: &Arguments, output: &Output, results: &Results) -> Result<()> {
    let plot = (!results.frontier.is_empty()).then(|| arguments.out.with_extension("svg"));
    if let Some(path) = &plot {
        frontier::plot(&results.frontier, &results.peers, path)?;
    }
    let text = report::markdown(results, plot.as_deref());
    ess_files::write_atomically(&arguments.out, |out| out.write_all(text.as_bytes()))?;
    crate::output::terminal::show(&text);
    output.write(results)
}
