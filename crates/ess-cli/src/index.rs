//! Indexes in files: built once from frozen items, then searched, tuned, compacted and looked into.

pub(crate) mod answers;
mod bm25;
mod build;
mod compact;
mod components;
mod default_recall;
mod file;
mod info;
mod kind;
pub(crate) mod queries;
mod search;
mod texts;
mod tokens;
mod tune;

use anyhow::Result;
use clap::{Args, Subcommand};

use crate::output::options::Output;

/// Build, search, tune, compact and describe indexes of item embeddings.
#[derive(Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Build(build::Build),
    Search(search::Search),
    Tune(tune::Tune),
    Compact(compact::Compact),
    Info(info::Info),
}

/// Runs the command.
pub(crate) fn run(arguments: Arguments, output: &Output) -> Result<()> {
    match arguments.command {
        Command::Build(build) => build.run(output),
        Command::Search(search) => search.run(output),
        Command::Tune(tune) => tune.run(output),
        Command::Compact(compact) => compact.run(output),
        Command::Info(info) => info.run(output),
    }
}
