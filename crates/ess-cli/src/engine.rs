//! Items in a search engine: uploaded from their file, and searched there.

pub(crate) mod argument;
pub(crate) mod destination;
pub(crate) mod item_upload;
mod journal;
mod search;
mod upload;

use anyhow::Result;
use clap::{Args, Subcommand};

use crate::output::options::Output;

/// Upload encoded items to a search engine, and search them there.
#[derive(Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Upload(upload::Upload),
    Search(Box<search::Search>),
}

/// Runs the command.
pub(crate) fn run(arguments: Arguments, output: &Output) -> Result<()> {
    match arguments.command {
        Command::Upload(upload) => upload.run(output),
        Command::Search(search) => search.run(output),
    }
}
