//! `ess experiment`: the experiments that the paper calls for, each as one command.

mod bottleneck;

use anyhow::Result;
use clap::{Args, Subcommand};

use crate::output::options::Output;

/// Run an experiment that the paper calls for: a page, its figures as JSON and plots; what was stopped goes on where it was.
#[derive(Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Bottleneck(Box<bottleneck::Arguments>),
}

/// Runs the command.
pub(crate) fn run(arguments: Arguments, output: &Output) -> Result<()> {
    match arguments.command {
        Command::Bottleneck(arguments) => bottleneck::run(&arguments, output),
    }
}
