//! Indexes in files: built once from frozen items, then searched, tuned and looked into.
//!
//! `cargo run --release --example index -- build --items STORE --out FILE`

mod build;
mod file;
mod info;
mod queries;
mod search;
mod tune;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Build, search, tune and describe indexes of item embeddings.
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
    /// Say what an index file has.
    Info(info::Info),
}

fn main() -> Result<()> {
    ess_examples::start();
    match Arguments::parse().command {
        Command::Build(build) => build.run(),
        Command::Search(search) => search.run(),
        Command::Tune(tune) => tune.run(),
        Command::Info(info) => info.run(),
    }
}
