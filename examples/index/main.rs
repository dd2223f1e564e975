//! Indexes in files: built once from frozen items, then searched, tuned, compacted and looked into.
//!
//! `cargo run --release --example index -- build --items STORE --out FILE`

mod build;
mod compact;
mod file;
mod info;
mod queries;
mod search;
mod tune;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Build, search, tune, compact and describe indexes of item embeddings.
#[derive(Parser)]
#[command(name = "index")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build an index from an embedding store and save it with the items' ids.
    Build(build::Build),
    /// Search an index, with or without a searching module.
    Search(search::Search),
    /// Find the least effort that reaches a recall, and plot recall against queries per second.
    Tune(tune::Tune),
    /// Give back the space of removed items.
    Compact(compact::Compact),
    /// Say what an index file has.
    Info(info::Info),
}

fn main() -> ExitCode {
    ess_examples::run(program)
}

fn program() -> Result<()> {
    match Arguments::parse().command {
        Command::Build(build) => build.run(),
        Command::Search(search) => search.run(),
        Command::Tune(tune) => tune.run(),
        Command::Compact(compact) => compact.run(),
        Command::Info(info) => info.run(),
    }
}
