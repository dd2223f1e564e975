//! `ess experiment spaces`: search between the spaces of two encoders.

mod aligned;
mod other;
mod pair_of_spaces;
mod plot;
mod report;
mod results;
mod rows;
mod searched;

use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::output::options::Output;

use super::{
    arguments::ExperimentArguments, cells::Cells, kept::Wanted, sample::Limits, source::Source,
    started::Started,
};

use self::{
    aligned::Aligned,
    other::Other,
    pair_of_spaces::{DIRECTIONS, PairOfSpaces},
    report::Report,
    results::Results,
    rows::Rows,
    searched::{RANKS, Searched},
};

const EXAMPLES: &str = "\
Examples:
  ess experiment spaces --out target/spaces --other-side SciFact=embeddings/scifact_by_another \\
      --data 'SciFact=data/scifact/minilm,data/scifact/qrels/train.tsv,,data/scifact/qrels/test.tsv'";

/// Say what it takes to search the items of one encoder with the queries of another (sections 3.1 and 4.2 of the paper).
///
/// A data set is embedded by two encoders, of any dimensions and modalities. Queries of each are searched among items of the other.
/// That is done with a searching module alone, trained on the judgements of the task; with the two spaces aligned as wholes; and with
/// a module on top of that. Spaces are aligned on items that both encoded, by Procrustes, CCA and ridge regression. One encoder for
/// both is beside them.
/// How many directions each of the two ways needs is a plot.
///
/// Writes spaces.md, results.json and directions.svg into the folder. Each measurement is kept in a file of its own, so that a run that
/// was stopped goes on where it was.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    experiment: ExperimentArguments,
    /// The embeddings of the same queries and items by another encoder, for each data set: a folder with queries.safetensors and
    /// corpus.safetensors.
    #[arg(long = "other-side", value_name = Other::FORM, value_parser = Other::parse, required = true)]
    other: Vec<Other>,
    /// Training queries at most, and as many of dev; drawn anew for each seed.
    #[arg(long, value_name = "N", default_value_t = 400)]
    source_queries: usize,
    /// Items that training sees at most, beside those that its queries are judged on.
    #[arg(long, value_name = "N", default_value_t = 3000)]
    source_items: usize,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<()> {
    let limits = Limits { queries: arguments.source_queries, items: arguments.source_items };
    ensure!(limits.queries > 1, "--source-queries: expected at least 2, found {}", limits.queries);
    let started = arguments.experiment.start()?;
    let others = Other::for_each(&started.sources, &arguments.other)?;
    let count = started.sources.len() * DIRECTIONS.len() * (1 + started.seeds.len());
    let cells = started.cells(count, output)?;
    let mut results = Results { seed: started.seed, aligned: vec![], searched: vec![] };
    for (source, other) in started.sources.iter().zip(&others) {
        measure(&started, (source, other), limits, &cells, &mut results)?;
    }
    cells.finish();
    let rows = Rows::of(&results)?;
    plot::write(&rows, &started.file("directions.svg"))?;
    let page = Report { seed: started.seed, rows: &rows, limits, seeds: started.seeds.len() };
    started.write("spaces.md", &page.markdown(), &results, output)
}

/// Both directions of one data set.
fn measure(
    started: &Started,
    (source, other): (&Source, &Other),
    limits: Limits,
    cells: &Cells,
    results: &mut Results,
) -> Result<()> {
    let files = other.checksum()?;
    let settings = serde_json::json!({
        "other": other, "files": files, "limits": limits, "ranks": RANKS, "trainer": searched::settings(0),
    });
    let wanted =
        |what: String, seed| Wanted { sources: vec![source], what, seed, settings: settings.clone() };
    for direction in DIRECTIONS {
        let open =
            || PairOfSpaces::open(source.open()?, other, direction).with_context(|| other.name().to_owned());
        let what = |of: &str| format!("{of} {}", direction.name());
        let aligned = cells.measure(&wanted(what("aligned"), started.seed), || Aligned::measure(&open()?))?;
        results.aligned.push((direction, aligned));
        for &seed in &started.seeds {
            let measure = || Searched::measure(&open()?, limits, seed);
            results.searched.push((direction, cells.measure(&wanted(what("searched"), seed), measure)?));
        }
    }
    Ok(())
}
