//! `ess experiment recover`: how much of what fine-tuning an encoder gains does a searching module gain, and at what cost?

mod against;
mod direct;
mod groups;
mod measured;
mod plot;
mod report;
mod row;
mod written;

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
    tuned::{FROZEN, Tuned},
};

use self::{
    measured::{Bare, Learned, Results},
    report::Report,
    row::Rows,
    written::Written,
};

const EXAMPLES: &str = "\
Examples:
  ess train-encoder --model MODEL --beir my-beir --train my-beir/qrels/train.tsv --unguarded --out tuned
  ess encode --model tuned --beir my-beir --out tuned-embeddings
  ess experiment recover --out target/recover --tuned 'Mine=whole encoder=tuned-embeddings,492' \\
      --data 'Mine=frozen-embeddings,my-beir/qrels/train.tsv,,my-beir/qrels/test.tsv'";

/// Say how much of what fine-tuning gains a searching module on frozen encodings gains (sections 3, 5.2, B.1 and B.3 of the paper).
///
/// A data set is embedded by the frozen encoder and by encoders that were fine-tuned, on its task or on another one. Each is
/// searched with as it is, and with searching modules that are trained on top of it. So the page has what fine-tuning gains, on
/// items that training asked for and on others. It has how much of that modules gain on the frozen encoder, what a module gains on top of a
/// fine-tuned one and, for an encoder that was fine-tuned on another task, what that costs here. Searching and fine-tuning are also
/// compared with each other on the same queries: a module on the frozen encoder with each fine-tuned encoder alone, and a module on a
/// fine-tuned encoder with the same module on the frozen one. results.json has these differences under `against_fine_tuning`.
///
/// Where a data set has no dev queries, `ess train-encoder` and this program cut the same ones off: those that are
/// searched with here were not trained on there. Writes recover.md, results.json and a plot for each data set into the folder. Each measurement is kept in
/// a file of its own, so that what was stopped goes on where it was.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    experiment: ExperimentArguments,
    /// The embeddings of a data set by a fine-tuned encoder, what that encoder is called, and the CPU-seconds of its training, where
    /// they are known; may be given several times.
    #[arg(long, value_name = Tuned::FORM, value_parser = Tuned::parse, required = true)]
    tuned: Vec<Tuned>,
    /// A kind of searching module; may be given several times [default: linear, ridge].
    #[arg(long, value_name = "KIND", value_parser = kinds())]
    module: Vec<String>,
}

const MODULES: [&str; 2] = ["linear", "ridge"];

/// Runs the command.
pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<()> {
    let modules = chosen(&arguments.module, &MODULES)?;
    let mut started = arguments.experiment.start()?;
    Tuned::check(&arguments.tuned, &started.sources)?;
    let mut encoders = Vec::new();
    for source in std::mem::take(&mut started.sources) {
        let tuned = Tuned::sources(&arguments.tuned, &source, &arguments.experiment)?;
        encoders.push((FROZEN.to_owned(), None, source));
        encoders.extend(
            tuned.into_iter().map(|(tuned, source)| (tuned.label.clone(), tuned.cpu_seconds, source)),
        );
    }
    let cells = started.cells(encoders.len() * (1 + modules.len() * started.seeds.len()), output)?;
    let mut results = Results { seed: started.seed, bare: vec![], learned: vec![] };
    for (encoder, cpu_seconds, source) in &mut encoders {
        measure(&started, (encoder, *cpu_seconds, source), &modules, &cells, &mut results)?;
        source.close();
    }
    cells.finish();
    let rows = Rows::of_all(&results, &modules)?;
    let together = Rows::together(&rows);
    for set in &rows {
        plot::write(set, &started.file(&plot::name(&set.name)))?;
    }
    let page = Report { rows: &rows, together: &together, seed: started.seed, seeds: started.seeds.len() };
    started.write("recover.md", &page.markdown(), &Written::new(&results, &rows, &together), output)
}

/// One encoder on one data set, bare and with modules on top of it.
fn measure(
    started: &Started,
    (encoder, cpu_seconds, source): (&str, Option<f64>, &Source),
    modules: &[&str],
    cells: &Cells,
    results: &mut Results,
) -> Result<()> {
    let settings = json!({ "trainer": TrainerConfig::default(), "cpu_seconds": cpu_seconds });
    let wanted =
        |what: String, seed| Wanted { sources: vec![source], what, seed, settings: settings.clone() };
    results.bare.push(cells.measure(&wanted(format!("{encoder} bare"), started.seed), || {
        Bare::measure(source.open()?, encoder, cpu_seconds)
    })?);
    for module in modules {
        let recipe = RecipeConfig::named(module)?;
        for &seed in &started.seeds {
            results.learned.push(cells.measure(&wanted(format!("{encoder} {module}"), seed), || {
                let trained = Task::of(source.open()?)?.fit(&recipe, seed)?;
                Ok(Learned { encoder: encoder.to_owned(), module: (*module).to_owned(), trained })
            })?);
        }
    }
    Ok(())
}
