//! Comparisons of many systems on several data sets, as pages.

mod arguments;
mod auto;
mod hybrid;
mod measure;
mod measured_elsewhere;
mod modules;

use anyhow::Result;
use clap::{Args, Subcommand};

use crate::output::options::Output;

/// Compare systems on several data sets, as one page with intervals; what was stopped goes on where it was.
#[derive(Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Modules(Box<modules::Arguments>),
    Auto(Box<auto::Arguments>),
    Hybrid(Box<hybrid::Arguments>),
}

/// Runs the command.
pub(crate) fn run(arguments: Arguments, output: &Output) -> Result<()> {
    match arguments.command {
        Command::Modules(arguments) => modules::run(*arguments, output),
        Command::Auto(arguments) => auto::run(*arguments, output),
        Command::Hybrid(arguments) => hybrid::run(*arguments, output),
    }
}
