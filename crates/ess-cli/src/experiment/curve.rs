//! `ess experiment curve`: how many judged queries is a searching module worth having from?

mod automatic;
mod counts;
mod course;
mod draw;
mod learned;
mod learner;
mod null;
mod plot;
mod report;
mod results;
mod system;

use anyhow::{Context, Result, ensure};
use clap::Args;
use ess_auto::AutoConfig;
use ess_train::RecipeConfig;

use crate::output::options::Output;

use super::{
    arguments::ExperimentArguments, folder_of::FolderOf, module_list::chosen, source::Source,
    started::Started, texts::Texts,
};

use self::{counts::COUNTS, course::Course, report::Report, results::Results};

const EXAMPLES: &str = "\
Examples:
  ess experiment curve --out target/curve --module linear --module ridge --counts 10,100 \\
      --data 'SciFact=data/scifact/minilm,data/scifact/qrels/train.tsv,,data/scifact/qrels/test.tsv'

  # Automatic choice beside them, by embeddings alone and with lexical search.
  ess experiment curve --out target/curve --module linear --module auto --texts SciFact=data/scifact --counts 50,250 \\
      --data 'SciFact=data/scifact/minilm,data/scifact/qrels/train.tsv,,data/scifact/qrels/test.tsv'";

/// Train on 10, 25, 50, 100, … and all training queries, and measure each module on test (section B.1 of the paper).
///
/// A seed draws the training queries and trains on them; its smaller draws are parts of its larger ones. Dev is the same for
/// all. For each number of queries there is what the trained modules reach, what is deployed after the baseline guard, and the
/// share of seeds whose module the guard lets through. Null runs train on the same queries with their judgements shuffled,
/// which teaches nothing of what a query asks for: they show how often the guard is wrong.
///
/// Automatic choice (`--module auto`) is measured likewise: by embeddings alone and, for data sets whose texts are given, a second
/// time with lexical search. It chooses from the drawn queries alone, without dev, and keeps the frozen encoder where it proves no gain; null runs
/// show how often it departs from it wrongly.
///
/// Writes curve.md, results.json and a plot for each data set into the folder. Each run is kept in a file of its own, so that
/// what was stopped goes on where it was.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    experiment: ExperimentArguments,
    /// A kind of searching module, or auto for automatic choice; may be given several times [default: linear, low_rank, mlp, ridge,
    /// procrustes].
    #[arg(long, value_name = "KIND", value_parser = system::parser())]
    module: Vec<String>,
    /// Numbers of training queries; all of them come last in any case [default: 10,25,50,100,250,500,1000,2500,5000].
    #[arg(long = "counts", value_name = "COUNT,…", value_delimiter = ',')]
    queries: Vec<usize>,
    /// CPU-seconds that automatic choice may spend on each run: one draw of so many queries by one seed [default: 20].
    #[arg(long, value_name = "SECONDS")]
    auto_budget: Option<f64>,
    /// The texts of a data set, with which automatic choice is measured a second time; may be given several times.
    #[arg(long, value_name = Texts::FORM, value_parser = Texts::parse)]
    texts: Vec<FolderOf>,
}

const MODULES: [&str; 5] = ["linear", "low_rank", "mlp", "ridge", "procrustes"];

/// CPU-seconds of a choice: enough for weights, a memory of queries and what has a closed form on some thousand items.
const AUTO_BUDGET: f64 = 20.0;

/// Runs the command.
pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<()> {
    let asked = chosen(&arguments.module, &MODULES)?;
    let given = if arguments.queries.is_empty() { &COUNTS[..] } else { &arguments.queries };
    counts::check(given)?;
    let auto = automatic_choice(arguments, &asked)?;
    let mut started = arguments.experiment.start()?;
    FolderOf::check(&arguments.texts, "--texts", &started.sources)?;
    let texts = started.sources.iter().map(|source| texts(arguments, source));
    let texts: Vec<Option<Texts>> = texts.collect::<Result<_>>()?;
    let systems = texts.iter().map(|texts| system::all(&asked, texts.is_some()).len());
    let runs = 2 * (given.len() + 1) * started.seeds.len();
    let cells = started.cells(systems.map(|systems| 1 + systems * runs).sum(), output)?;
    let mut results = Results { seed: started.seed, frozen: vec![], learned: vec![] };
    for (at, texts) in texts.iter().enumerate() {
        let source = &started.sources[at];
        let course = Course { source, texts: texts.as_ref(), asked: &asked, counts: given, auto: &auto };
        course.measure(&started, &cells, &mut results)?;
        started.sources[at].close();
    }
    cells.finish();
    let systems = system::all(&asked, texts.iter().any(Option::is_some));
    write(&started, &results, &Report { results: &results, systems: &systems, auto: &auto }, output)
}

/// The settings of automatic choice, of which flags are refused where it is not asked for.
fn automatic_choice(arguments: &Arguments, asked: &[&str]) -> Result<AutoConfig> {
    let flags =
        [("--auto-budget", arguments.auto_budget.is_some()), ("--texts", !arguments.texts.is_empty())];
    for (flag, given) in flags {
        let meant = !given || asked.contains(&RecipeConfig::AUTO);
        ensure!(meant, "{flag}: only automatic choice reads it, which --module auto asks for");
    }
    let budget_seconds = arguments.auto_budget.unwrap_or(AUTO_BUDGET);
    let config = AutoConfig { budget_seconds, ..AutoConfig::default() };
    config.check().context("--auto-budget")?;
    Ok(config)
}

fn texts(arguments: &Arguments, source: &Source) -> Result<Option<Texts>> {
    FolderOf::find(&arguments.texts, "--texts", source)?.map(Texts::of).transpose()
}

fn write(started: &Started, results: &Results, report: &Report<'_>, output: &Output) -> Result<()> {
    for frozen in &results.frozen {
        plot::write(results, frozen, &started.file(&plot::name(frozen.name())))?;
    }
    started.write("curve.md", &report.markdown()?, results, output)
}
