//! `ess experiment relations`: relation models beside each other, each as searching modules over one index of entities.

mod candidate;
mod choice;
mod divergence;
mod findings;
mod graph;
mod grid;
mod outcome;
mod plot;
mod report;
mod results;
mod row_settings;
mod rows;
mod search;
mod settings_file;
mod tested;

use anyhow::{Context, Result, ensure};
use clap::Args;
use ess_relations::relation_models;

use crate::{arguments::relation_model, output::options::Output};

use super::{folder_of::FolderOf, run_arguments::RunArguments};

use self::{
    graph::Graph,
    grid::{GridArguments, Plans},
    report::Report,
    results::{OfGraph, Results},
    rows::Rows,
};

const EXAMPLES: &str = "\
Examples:
  ess experiment relations --graph UMLS=data/umls --out target/relations
  ess experiment relations --graph UMLS=data/umls --model complex --model dist_mult --n3 0,0.01 --learning-rate 0.01 \\
      --settings docs/results/relations/complex_small.json --out target/relations
  ess experiment relations --graph UMLS=data/umls --model complex --model meim --settings docs/results/relations/by_model.json \\
      --out target/relations";

/// Compare relation models on knowledge graphs, the settings of each chosen on valid triples (section 6 of the paper).
///
/// Each model is trained with every candidate of its settings: each weight of N3 with each learning rate, number of components and
/// number of partitions. The candidate with the highest valid MRR is chosen, by ranks that training and valid triples filter; test
/// triples have no part in it. It is then trained with all seeds and measured on test: filtered MRR and Hits@k over heads and tails,
/// and paired differences to one of the models.
///
/// A model with one candidate is trained with the seeds alone. Training that diverges ends nothing: a row is of the seeds that training ended with, and says so; a model without any is shown as
/// failed. Differences that are missing for that count in Holm's correction all the same.
///
/// Writes relations.md, results.json and a plot for each graph into the folder. Each training is kept in a file of its own, so that a
/// run that was stopped goes on where it was.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// A graph by name: a folder with train.txt, valid.txt and test.txt, each line a head, a relation and a tail, separated by tabs;
    /// may be given several times.
    #[arg(long, value_name = Graph::FORM, value_parser = Graph::parse, required = true)]
    graph: Vec<FolderOf>,
    /// A relation model; may be given several times [default: all].
    #[arg(long, value_name = "MODEL", value_parser = relation_model::parser())]
    model: Vec<String>,
    /// The model that the others are compared with [default: complex where it is among them, else the first].
    #[arg(long, value_name = "MODEL", value_parser = relation_model::parser())]
    against: Option<String>,
    #[command(flatten)]
    grid: GridArguments,
    #[command(flatten)]
    run: RunArguments,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<()> {
    let models = models(&arguments.model)?;
    let against = against(arguments.against.as_deref(), &models)?;
    Graph::check_names(&arguments.graph)?;
    let Plans { common, of_models: plans } = arguments.grid.plans(&models)?;
    let started = arguments.run.start(|| arguments.graph.iter().map(Graph::open).collect())?;
    let of_graph: usize = plans.iter().map(|plan| plan.to_choose_from().len() + started.seeds.len()).sum();
    let cells = started.cells(of_graph * started.sources.len(), output)?;
    let measure = |graph| OfGraph::measure(graph, &plans, &started.seeds, &cells);
    let graphs = started.sources.iter().map(measure).collect::<Result<_>>()?;
    cells.finish();
    let results = Results { seed: started.seed, against: against.to_owned(), graphs };
    results.check()?;
    let rows = Rows::of(&results)?;
    for block in rows.blocks.iter().filter(|block| plot::is_drawn(block)) {
        plot::write(block, &started.file(&plot::name(&block.graph.name)))?;
    }
    let page = Report { rows: &rows, common: &common, results: &results, seeds: started.seeds.len() };
    let page = page.markdown();
    started.write("relations.md", &page, &results, output)
}

/// The models that were given, or all. One that is given twice is refused: it would be compared with itself.
fn models(given: &[String]) -> Result<Vec<&str>> {
    for (at, model) in given.iter().enumerate() {
        ensure!(!given[..at].contains(model), "--model: {model:?} is given twice");
    }
    Ok(if given.is_empty() { relation_models() } else { given.iter().map(String::as_str).collect() })
}

/// The model that the others are compared with.
fn against<'a>(given: Option<&'a str>, models: &[&'a str]) -> Result<&'a str> {
    const USUAL: &str = "complex";
    let Some(name) = given else {
        let usual = models.iter().find(|model| **model == USUAL).or_else(|| models.first());
        return usual.copied().context("there is no relation model");
    };
    ensure!(
        models.contains(&name),
        "--against: expected one of the models that are measured ({}), found {name:?}",
        models.join(", ")
    );
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_are_compared_with_complex_or_the_first_or_what_is_asked_for() {
        assert_eq!(against(None, &["cp", "complex"]).unwrap(), "complex");
        assert_eq!(against(None, &["cp", "rotate"]).unwrap(), "cp");
        assert_eq!(against(Some("rotate"), &["cp", "rotate"]).unwrap(), "rotate");
        let error = against(Some("mei"), &["cp", "rotate"]).unwrap_err().to_string();
        assert!(error.contains("cp, rotate") && error.contains("\"mei\""), "{error}");
    }
}
