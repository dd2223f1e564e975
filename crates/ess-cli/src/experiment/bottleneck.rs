//! `ess experiment bottleneck`: is what search loses lost in the encoding or in the searching?

mod capacity;
mod geometry;
mod report;
mod results;
mod row;
mod searching;
mod spectrum_plot;

use anyhow::Result;
use clap::Args;
use ess_train::TrainerConfig;

use crate::output::options::Output;

use super::{
    arguments::ExperimentArguments,
    cells::Cells,
    kept::Wanted,
    module_list::{chosen, kinds_of_vectors},
    source::Source,
    started::Started,
};

use self::{
    capacity::Capacity,
    geometry::{Geometry, Overlap},
    report::Report,
    results::Results,
    searching::Searching,
};

const EXAMPLES: &str = "\
Examples:
  ess experiment bottleneck --out target/bottleneck \\
      --data 'SciFact=data/scifact/minilm,data/scifact/qrels/train.tsv,,data/scifact/qrels/test.tsv'";

/// Say where search loses: in the encoding or in the searching (sections 5.1 and B.2 of the paper).
///
/// Three things are measured for each data set. How the frozen encodings use their space: ranks, isotropy, intrinsic dimension,
/// hubness, a lower bound of the information that a query has of its item. What some query vector could find among the frozen items at
/// all, whole and by their first principal directions (LIMIT's capacity test). And what searching modules of several classes make of
/// them: trained, on seen and on unseen items, beside the same class fitted to the test queries themselves, which says what the
/// class can express at least. The last is no result that a system could have; it is an upper part of the scale.
///
/// Writes bottleneck.md, results.json and spectrum.svg into the folder. Each measurement is kept in a file of its own, so that a run that
/// was stopped goes on where it was.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    experiment: ExperimentArguments,
    /// A class of searching modules; may be given several times [default: diagonal, low_rank, linear, mlp].
    #[arg(long, value_name = "KIND", value_parser = kinds_of_vectors())]
    module: Vec<String>,
}

/// From few parameters to many.
const CLASSES: [&str; 4] = ["diagonal", "low_rank", "linear", "mlp"];

/// Runs the command.
pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<()> {
    let classes = chosen(&arguments.module, &CLASSES)?;
    let mut started = arguments.experiment.start()?;
    let count = started.sources.len() * (2 + classes.len() * started.seeds.len());
    let cells = started.cells(count, output)?;
    let (geometry, capacity, searching, overlaps) = (vec![], vec![], vec![], vec![]);
    let mut results = Results { seed: started.seed, geometry, capacity, searching, overlaps };
    for at in 0..started.sources.len() {
        measure(&started, &started.sources[at], &classes, &cells, &mut results)?;
        started.sources[at].close();
    }
    results.overlaps = Overlap::of_all(&started.sources)?;
    cells.finish();
    spectrum_plot::write(&results.geometry, &started.file("spectrum.svg"))?;
    let page = Report { results: &results, classes: &classes }.markdown()?;
    started.write("bottleneck.md", &page, &results, output)
}

/// All of one data set.
fn measure(
    started: &Started,
    source: &Source,
    classes: &[&str],
    cells: &Cells,
    results: &mut Results,
) -> Result<()> {
    let settings = serde_json::to_value(TrainerConfig::default())?;
    let wanted = |what: &str, seed| Wanted {
        sources: vec![source],
        what: what.to_owned(),
        seed,
        settings: settings.clone(),
    };
    let geometry = cells
        .measure(&wanted("geometry", started.seed), || Geometry::measure(source.open()?, started.seed))?;
    let frozen = geometry.found.frozen.clone();
    results.geometry.push(geometry);
    let measure = || Capacity::measure(source.open()?);
    results.capacity.push(cells.measure(&wanted("capacity", started.seed), measure)?);
    for class in classes {
        for &seed in &started.seeds {
            let measure = || Searching::measure(source.open()?, class, seed, &frozen);
            results.searching.push(cells.measure(&wanted(class, seed), measure)?);
        }
    }
    Ok(())
}
