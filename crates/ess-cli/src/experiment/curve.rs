//! `ess experiment curve`: how many judged queries is a searching module worth having from?

mod counts;
mod draw;
mod learned;
mod null;
mod plot;
mod report;
mod results;

use anyhow::Result;
use clap::Args;
use ess_train::{RecipeConfig, TrainerConfig};
use serde_json::json;

use crate::output::options::Output;

use super::{
    arguments::ExperimentArguments,
    cells::Cells,
    kept::Wanted,
    module_list::{chosen, kinds},
    source::Source,
    started::Started,
    task::Task,
};

use self::{
    counts::COUNTS,
    learned::Learned,
    report::Report,
    results::{Frozen, Results},
};

const EXAMPLES: &str = "\
Examples:
  ess experiment curve --out target/curve --module linear --module ridge --counts 10,100 \\
      --data 'SciFact=data/scifact/minilm,data/scifact/qrels/train.tsv,,data/scifact/qrels/test.tsv'";

/// Train on 10, 25, 50, 100, … and all training queries, and measure each module on test (section B.1 of the paper).
///
/// A seed draws the training queries and trains on them; its smaller draws are parts of its larger ones. Dev is the same for
/// all. For each number of queries there is what the trained modules reach, what is deployed after the baseline guard, and the
/// share of seeds whose module the guard lets through. Null runs train on the same queries with their judgements shuffled,
/// which teaches nothing of what a query asks for: they show how often the guard is wrong.
///
/// Writes curve.md, results.json and a plot for each data set into the folder. Each run is kept in a file of its own, so that
/// what was stopped goes on where it was.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    experiment: ExperimentArguments,
    /// A kind of searching module; may be given several times [default: linear, low_rank, mlp, ridge, procrustes].
    #[arg(long, value_name = "KIND", value_parser = kinds())]
    module: Vec<String>,
    /// Numbers of training queries; all of them come last in any case [default: 10,25,50,100,250,500,1000,2500,5000].
    #[arg(long = "counts", value_name = "COUNT,…", value_delimiter = ',')]
    queries: Vec<usize>,
}

const MODULES: [&str; 5] = ["linear", "low_rank", "mlp", "ridge", "procrustes"];

/// Runs the command.
pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<()> {
    let modules = chosen(&arguments.module, &MODULES)?;
    let given = if arguments.queries.is_empty() { &COUNTS[..] } else { &arguments.queries };
    counts::check(given)?;
    let mut started = arguments.experiment.start()?;
    let points = (given.len() + 1) * modules.len() * started.seeds.len();
    let cells = started.cells(started.sources.len() * (1 + 2 * points), output)?;
    let mut results = Results { seed: started.seed, frozen: vec![], learned: vec![] };
    for at in 0..started.sources.len() {
        measure(&started, &started.sources[at], &modules, given, &cells, &mut results)?;
        started.sources[at].close();
    }
    cells.finish();
    for frozen in &results.frozen {
        plot::write(&results, frozen, &started.file(&plot::name(frozen.name())))?;
    }
    let page = Report { results: &results, modules: &modules }.markdown()?;
    started.write("curve.md", &page, &results, output)
}

/// All of one data set.
fn measure(
    started: &Started,
    source: &Source,
    modules: &[&str],
    given: &[usize],
    cells: &Cells,
    results: &mut Results,
) -> Result<()> {
    let settings = json!(TrainerConfig::default());
    let wanted =
        |what: String, seed| Wanted { sources: vec![source], what, seed, settings: settings.clone() };
    let frozen = cells.measure(&wanted("frozen".to_owned(), started.seed), || {
        let data = source.open()?;
        Ok(Frozen { train_queries: data.train.set.len(), frozen: Task::of(data)?.frozen()? })
    })?;
    let counts = counts::within(given, frozen.found.train_queries);
    results.frozen.push(frozen);
    for module in modules {
        let recipe = RecipeConfig::named(module)?;
        for (&count, &seed) in
            counts.iter().flat_map(|count| started.seeds.iter().map(move |seed| (count, seed)))
        {
            for shuffled in [false, true] {
                let what = format!("{module} {count}{}", if shuffled { " shuffled" } else { "" });
                let learned = cells.measure(&wanted(what, seed), || {
                    let data = source.open()?;
                    let train = draw::queries(&data.train.set, count, seed, shuffled)?;
                    let trained = Task::of(data)?.with_train(train).fit(&recipe, seed)?;
                    Ok(Learned { module: (*module).to_owned(), queries: count, shuffled, trained })
                })?;
                results.learned.push(learned);
            }
        }
    }
    Ok(())
}
