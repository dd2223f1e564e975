//! `ess experiment architectures`: every system of the paper's sections 2.2 and 6 in one table, in the frame of Eq. 3.

mod cross_encoder;
mod dense;
mod found;
mod given;
mod learned;
mod lexical;
mod max_sim;
mod missing;
mod modules;
mod plot;
mod report;
mod rows;
mod searched;
mod system;

use anyhow::Result;
use clap::Args;
use serde::Serialize;

use crate::{arguments::paths::EMBEDDINGS, output::options::Output};

use super::{
    arguments::ExperimentArguments,
    cells::Cells,
    folder_of::FolderOf,
    kept::{Kept, Wanted},
    started::Started,
    texts::Texts,
    tuned::Tuned,
};

use self::{
    cross_encoder::CrossEncoderArguments,
    found::Found,
    given::{Given, Tokens},
    modules::Modules,
    report::Report,
    rows::Rows,
};

const EXAMPLES: &str = "\
Examples:
  ess experiment architectures --out target/architectures --texts SciFact=data/scifact \\
      --data 'SciFact=data/scifact/minilm,data/scifact/qrels/train.tsv,,data/scifact/qrels/test.tsv'

  # With every row: token states of both sides, a cross-encoder, and encoders that were fine-tuned.
  ess encode --model MODEL --beir data/scifact --states 6 --item-states --out states
  ess experiment architectures --out target/architectures --texts SciFact=data/scifact --token-states SciFact=states \\
      --cross-encoder path/to/ms-marco-MiniLM-L6-v2 --tuned 'SciFact=two towers=tuned-embeddings,492' \\
      --data 'SciFact=data/scifact/minilm,data/scifact/qrels/train.tsv,,data/scifact/qrels/test.tsv'";

/// Put every system of the paper's sections 2.2 and 6 in one table: quality, cost of a query, bytes an item, cost of training.
///
/// Each system is a case of Eq. 3, and the table says which. On the frozen encoder there are the encoder itself, searching modules
/// and Hypencoder. With texts there are BM25, its hybrid with the encoder, and a cross-encoder that reorders the first items. With token
/// states there are a Poly-encoder, attention over tokens and ColBERT's MaxSim, and with encoders that were fine-tuned (two towers, RocketQA) each of
/// them, bare and under the same modules. What was not given is left out, and the page says which flag adds it. What is trained is
/// measured with several seeds, with the default settings of its kind; nothing is chosen on test.
///
/// Writes architectures.md, results.json and a plot for each data set into the folder. Each measurement is kept in a file of its own,
/// so that what was stopped goes on where it was.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    experiment: ExperimentArguments,
    /// A kind of searching module; may be given several times [default: linear, mlp, hypencoder and, with token states, poly_encoder,
    /// token_attention].
    #[arg(long, value_name = "KIND", value_parser = Modules::parser())]
    module: Vec<String>,
    /// The texts of a data set: adds BM25 and its hybrid with the frozen encoder.
    #[arg(long, value_name = Texts::FORM, value_parser = Texts::parse)]
    texts: Vec<FolderOf>,
    /// The same queries and items with token states of the queries (`encode --states`): adds modules over them. With
    /// token states of the items too (`--item-states`, or a ColBERT model): adds MaxSim.
    #[arg(long, value_name = STATES_FORM, value_parser = |text: &str| FolderOf::parse(text, STATES_FORM, EMBEDDINGS))]
    token_states: Vec<FolderOf>,
    /// The embeddings of a data set by a fine-tuned encoder, what that encoder is called, and the CPU-seconds of its training, where
    /// they are known; may be given several times.
    #[arg(long, value_name = Tuned::FORM, value_parser = Tuned::parse)]
    tuned: Vec<Tuned>,
    #[command(flatten)]
    cross_encoder: CrossEncoderArguments,
}

const STATES_FORM: &str = "NAME=EMBEDDINGS_DIR";

/// All that was measured.
#[derive(Serialize)]
struct Results {
    seed: u64,
    systems: Vec<Kept<Found>>,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<()> {
    let modules = Modules::chosen(&arguments.module, !arguments.token_states.is_empty())?;
    let cross_encoder = arguments.cross_encoder.opened()?;
    let mut started = arguments.experiment.start()?;
    Tuned::check(&arguments.tuned, &started.sources)?;
    FolderOf::check(&arguments.texts, "--texts", &started.sources)?;
    FolderOf::check(&arguments.token_states, "--token-states", &started.sources)?;
    let mut sets = Vec::new();
    for frozen in std::mem::take(&mut started.sources) {
        let texts = FolderOf::find(&arguments.texts, "--texts", &frozen)?.map(Texts::of).transpose()?;
        let tokens = FolderOf::find(&arguments.token_states, "--token-states", &frozen)?;
        let tokens = tokens.map(|tokens| Tokens::of(tokens, &frozen, &arguments.experiment)).transpose()?;
        let tuned = Tuned::sources(&arguments.tuned, &frozen, &arguments.experiment)?;
        let cross_encoder = cross_encoder.as_ref().filter(|_| texts.is_some());
        sets.push(Given { frozen, texts, tokens, tuned, cross_encoder });
    }
    let count = sets.iter().map(|given| cells_of(given, &modules, &started)).sum();
    let cells = started.cells(count, output)?;
    let (mut results, mut rows) = (Results { seed: started.seed, systems: vec![] }, Vec::new());
    for mut given in sets {
        let measured = measure(&given, &modules, &started, &cells)?;
        rows.push(Rows::of(&measured, given.missing(&modules))?);
        results.systems.extend(measured);
        given.close();
    }
    cells.finish();
    for set in &rows {
        plot::write(set, &started.file(&plot::name(&set.name)))?;
    }
    let page = Report { sets: &rows, seed: started.seed, seeds: started.seeds.len() };
    started.write("architectures.md", &page.markdown(), &results, output)
}

/// How many measurements there are of a data set.
fn cells_of(given: &Given<'_>, modules: &Modules<'_>, started: &Started) -> usize {
    given.systems(modules).iter().map(|system| system.seeds(&started.seeds).len()).sum()
}

/// Every system on one data set.
fn measure(
    given: &Given<'_>,
    modules: &Modules<'_>,
    started: &Started,
    cells: &Cells,
) -> Result<Vec<Kept<Found>>> {
    let mut measured = Vec::new();
    for system in given.systems(modules) {
        for &seed in system.seeds(&started.seeds) {
            let (sources, settings) = (vec![given.source(&system)?], given.settings(&system));
            let wanted = Wanted { sources, what: system.name(), seed, settings };
            measured.push(cells.measure(&wanted, || given.measure(&system, seed))?);
        }
    }
    Ok(measured)
}
