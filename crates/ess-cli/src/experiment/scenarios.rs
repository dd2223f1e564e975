//! `ess experiment scenarios`: the paper's thought experiment on encoding and searching, on data.

mod dial;
mod directions;
mod hypotheses;
mod leace;
mod measured;
mod plot;
mod report;
mod setting;

use anyhow::{Result, ensure};
use clap::Args;
use ess_data::MappedStore;
use ess_train::{RecipeConfig, TrainerConfig};
use serde_json::json;

use crate::{data::data_set_argument::DataSetArgument, output::options::Output};

use super::{
    arguments::ExperimentArguments, cells::Cells, data_set::DataSet, kept::Wanted, module_list::kinds,
    source::Source, started::Started,
};

use self::{
    measured::{Measured, Results},
    report::Report,
    setting::Setting,
};

const EXAMPLES: &str = "\
Examples:
  ess experiment scenarios --out target/scenarios \\
      --data 'SciFact=data/scifact/minilm,data/scifact/qrels/train.tsv,,data/scifact/qrels/test.tsv'";

/// Turn encoding and searching down, each by itself, and see what the other makes of it (section 4.1 of the paper).
///
/// Encoding: noise, fewer principal directions, fewer bits, in queries and items alike. Searching: modules of rank 1, 2, 4, … up
/// to the whole module. An encoding specific to another task: the directions in which the training queries of one data set agree
/// with their items are all that another keeps, or what is erased from it. Each is done in two ways. One takes the directions
/// orthogonally. Least-squares concept erasure (LEACE) takes what queries say linearly of where their relevant items lie along them. Both are
/// fitted on training queries and items of that other data set, and never on a test query. On each, quality is measured frozen and with a trained
/// searching module. The outcomes that the paper predicts are stated as hypotheses, each confirmed, refuted or undecided.
///
/// Writes scenarios.md, results.json and a plot for each data set into the folder. Each measurement is kept in a file of its own,
/// so that what was stopped goes on where it was.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    experiment: ExperimentArguments,
    /// A data set of another task, of which directions are taken and which is not measured itself; may be given several times.
    #[arg(long, value_name = DataSet::FORM, value_parser = DataSet::parse)]
    other: Vec<DataSet>,
    /// The kind of searching module that is trained.
    #[arg(long, value_name = "KIND", value_parser = kinds(), default_value = "linear")]
    module: String,
    /// Directions that are specific to a task: those along which its training queries agree most with their relevant items. They are also
    /// the coordinates of the relevant items that LEACE takes as the concept.
    #[arg(long, default_value_t = 32)]
    directions: usize,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<()> {
    ensure!(arguments.directions > 0, "--directions: expected at least 1, found 0");
    let started = arguments.experiment.start()?;
    let others = arguments.other.iter().map(|data| arguments.experiment.source(data));
    let others: Vec<Source> = others.collect::<Result<_>>()?;
    let tasks = tasks(&started, &others)?;
    check_directions(&tasks, arguments.directions)?;
    let plan = |source| plan(&tasks, source, arguments.directions);
    let plans: Vec<Vec<Setting>> = started.sources.iter().map(plan).collect();
    let count = plans.iter().map(Vec::len).sum::<usize>() * started.seeds.len();
    let cells = started.cells(count, output)?;
    let mut results = Results { seed: started.seed, module: arguments.module.clone(), measured: vec![] };
    for (source, plan) in started.sources.iter().zip(&plans) {
        measure(&started, source, (&plan[..], &tasks[..]), &cells, &mut results)?;
    }
    cells.finish();
    let names: Vec<&str> = started.sources.iter().map(Source::name).collect();
    for name in &names {
        plot::write(&results, name, &started.file(&plot::name(name)))?;
    }
    let page = Report { results: &results, names: &names, directions: arguments.directions }.markdown()?;
    started.write("scenarios.md", &page, &results, output)
}

/// The data sets that directions are taken of, by name: those that are measured, and the others.
fn tasks<'a>(started: &'a Started, others: &'a [Source]) -> Result<Vec<&'a Source>> {
    let tasks: Vec<&Source> = started.sources.iter().chain(others).collect();
    for (at, task) in tasks.iter().enumerate() {
        let again = tasks[..at].iter().any(|other| other.name() == task.name());
        ensure!(!again, "--other: two data sets are called {:?}", task.name());
    }
    Ok(tasks)
}

/// Refuses more directions than embeddings have, before anything is measured.
fn check_directions(tasks: &[&Source], directions: usize) -> Result<()> {
    for task in tasks {
        let path = task.data.embeddings().join("queries.safetensors");
        let dim = MappedStore::open(&path)?.dim();
        ensure!(
            directions < dim,
            "--directions: expected fewer than the {dim} dimensions of {}, found {directions}",
            path.display()
        );
    }
    Ok(())
}

/// What is measured on a data set. Other data sets of the same embeddings are no other tasks.
fn plan(tasks: &[&Source], source: &Source, directions: usize) -> Vec<Setting> {
    let mut embeddings = vec![source.data.embeddings()];
    let mut others = Vec::new();
    for other in tasks {
        if !embeddings.contains(&other.data.embeddings()) {
            embeddings.push(other.data.embeddings());
            others.push(other.name());
        }
    }
    setting::all(source.name(), &others, directions)
}

/// All of one data set.
fn measure(
    started: &Started,
    source: &Source,
    (plan, tasks): (&[Setting], &[&Source]),
    cells: &Cells,
    results: &mut Results,
) -> Result<()> {
    let whole = RecipeConfig::named(&results.module)?;
    let settings = json!([TrainerConfig::default(), results.module]);
    for setting in plan {
        let other = setting.task().and_then(|name| tasks.iter().find(|other| other.name() == name));
        let sources: Vec<&Source> = [source].into_iter().chain(other.copied()).collect();
        for &seed in &started.seeds {
            let wanted =
                Wanted { sources: sources.clone(), what: setting.name(), seed, settings: settings.clone() };
            let kept = cells.measure(&wanted, || {
                let directions = other.map(|other| other.open()).transpose()?;
                Measured::of(setting, &whole, source.open()?, directions, seed)
            })?;
            results.measured.push(kept);
        }
    }
    Ok(())
}
