//! `ess experiment`: the experiments that the paper calls for, each as one command.

mod architectures;
mod arguments;
mod bottleneck;
mod cells;
mod compared;
mod curve;
mod data_set;
mod every_item;
mod figures;
mod fit;
mod folder_of;
mod kept;
mod module_list;
mod over_seeds;
mod quality;
mod recover;
#[cfg(feature = "relations")]
mod relations;
mod run_arguments;
mod sample;
mod scenarios;
mod source;
mod spaces;
mod started;
mod subject;
mod task;
mod texts;
mod transfer;
mod tuned;

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
    Architectures(Box<architectures::Arguments>),
    Bottleneck(Box<bottleneck::Arguments>),
    Curve(Box<curve::Arguments>),
    Recover(Box<recover::Arguments>),
    #[cfg(feature = "relations")]
    Relations(Box<relations::Arguments>),
    Scenarios(Box<scenarios::Arguments>),
    Spaces(Box<spaces::Arguments>),
    Transfer(Box<transfer::Arguments>),
}

/// Runs the command.
pub(crate) fn run(arguments: Arguments, output: &Output) -> Result<()> {
    match arguments.command {
        Command::Architectures(arguments) => architectures::run(&arguments, output),
        Command::Bottleneck(arguments) => bottleneck::run(&arguments, output),
        Command::Curve(arguments) => curve::run(&arguments, output),
        Command::Recover(arguments) => recover::run(&arguments, output),
        #[cfg(feature = "relations")]
        Command::Relations(arguments) => relations::run(&arguments, output),
        Command::Scenarios(arguments) => scenarios::run(&arguments, output),
        Command::Spaces(arguments) => spaces::run(&arguments, output),
        Command::Transfer(arguments) => transfer::run(&arguments, output),
    }
}
