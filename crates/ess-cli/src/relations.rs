//! Relations of a knowledge graph: trained, measured, searched.

mod evaluate;
mod search;
mod table;
mod train;

use anyhow::Result;
use clap::{Args, Subcommand};

use crate::output::options::Output;

/// Train, measure and search relations of a knowledge graph, each a searching module over one index of entities.
#[derive(Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Train(Box<train::Train>),
    Evaluate(evaluate::Evaluate),
    Search(search::Search),
}

/// Runs the command.
pub(crate) fn run(arguments: Arguments, output: &Output) -> Result<()> {
    match arguments.command {
        Command::Train(train) => train.run(output),
        Command::Evaluate(evaluate) => evaluate.run(output),
        Command::Search(search) => search.run(output),
    }
}
