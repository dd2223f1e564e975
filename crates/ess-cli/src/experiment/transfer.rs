//! `ess experiment transfer`: what a searching module of one task is worth on another.

mod alone;
mod correlation;
mod few;
mod joint;
mod mixture;
mod modules;
mod pair;
mod plot;
mod report;
mod results;
mod rows;
mod similarity;

use anyhow::{Result, ensure};
use clap::Args;

use crate::output::options::Output;

use super::{arguments::ExperimentArguments, cells::Cells, kept::Wanted, sample::Limits, started::Started};

use self::{
    alone::Alone, few::FEW, joint::Joint, mixture::Mixture, modules::Modules, pair::Pair, report::Report,
    results::Results, rows::Rows,
};

const EXAMPLES: &str = "\
Examples:
  ess experiment transfer --out target/transfer \\
      --data 'official=data/scifact/minilm,data/scifact/qrels/train.tsv,,data/scifact/qrels/test.tsv' \\
      --data 'disjoint=data/scifact/minilm,data/scifact/qrels_item_disjoint/train.tsv,data/scifact/qrels_item_disjoint/dev.tsv,data/scifact/qrels_item_disjoint/test.tsv'";

/// Say what a searching module of one task is worth on another (sections B.4 and 7 of the paper).
///
/// Every data set is a source and a target; all are of one encoder. A module trained on a source is searched with on each target as
/// it is, and tuned on 10, 25 and 50 queries of the target beside one that starts from the identity on the same queries. It is also
/// taken in parts: of a rotation and a selection one is kept, frozen or left out. For each target there is one module of all other sources, the mean of
/// their modules, a choice between them query by query, and mixtures of them with the frozen encoder in which the target's training
/// queries teach the weights alone. Three similarities of tasks, known before any test query is searched, are compared with the gains.
///
/// Writes transfer.md, results.json and gains.svg into the folder. Each measurement is kept in a file of its own, so that a run that
/// was stopped goes on where it was.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    experiment: ExperimentArguments,
    /// Training queries of a source at most, and as many of dev; drawn anew for each seed.
    #[arg(long, value_name = "N", default_value_t = 500)]
    source_queries: usize,
    /// Items that training sees at most, beside those that its queries are judged on.
    #[arg(long, value_name = "N", default_value_t = 4000)]
    source_items: usize,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<()> {
    let limits = Limits { queries: arguments.source_queries, items: arguments.source_items };
    ensure!(limits.queries > 1, "--source-queries: expected at least 2, found {}", limits.queries);
    let started = arguments.experiment.start()?;
    let names: Vec<&str> = started.sources.iter().map(|source| source.name()).collect();
    ensure!(names.len() > 1, "--data: expected a source and a target at least, found one data set");
    let count = names.len() * (names.len() + 2) * started.seeds.len();
    let cells = started.cells(count, output)?;
    let results = measure(&started, limits, &cells)?;
    cells.finish();
    let rows = Rows::of(&results, &names)?;
    plot::write(&rows, &started.file("gains.svg"))?;
    let page = Report { results: &results, rows: &rows, names: &names, limits, seeds: started.seeds.len() };
    started.write("transfer.md", &page.markdown(), &results, output)
}

fn measure(started: &Started, limits: Limits, cells: &Cells) -> Result<Results> {
    let modules = Modules::new(started, limits);
    let (alone, pairs, joint, mixtures) = (vec![], vec![], vec![], vec![]);
    let mut results = Results { seed: started.seed, alone, pairs, joint, mixtures };
    let all: Vec<usize> = (0..started.sources.len()).collect();
    let settings = serde_json::json!({"trainer": modules.settings(), "limits": limits, "few": FEW});
    for &target in &all {
        let others: Vec<usize> = all.iter().copied().filter(|&other| other != target).collect();
        for &seed in &started.seeds {
            let wanted = |sources: &[usize], what: &str| Wanted {
                sources: sources.iter().map(|&at| &started.sources[at]).collect(),
                what: what.to_owned(),
                seed,
                settings: settings.clone(),
            };
            let alone =
                cells.measure(&wanted(&[target], "alone"), || Alone::measure(&modules, target, seed))?;
            results.alone.push(alone);
            for &source in &others {
                let measure = || Pair::measure(&modules, source, target, seed);
                results.pairs.push(cells.measure(&wanted(&[source, target], "pair"), measure)?);
            }
            let joined = [&[target], &*others].concat();
            let measure = || Joint::measure(&modules, &others, target, seed);
            results.joint.push(cells.measure(&wanted(&joined, "joint"), measure)?);
            let measure = || Mixture::measure(&modules, &others, target, seed);
            results.mixtures.push(cells.measure(&wanted(&joined, "mixture"), measure)?);
        }
    }
    Ok(results)
}
