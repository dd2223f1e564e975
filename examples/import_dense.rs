//! Makes a searching module of a Dense folder or a NumPy matrix.
//!
//! `cargo run --release --example import_dense -- --dense DIR --out MODULE_DIR`

use std::{path::PathBuf, process::ExitCode};

use anyhow::{Context, Result};
use burn::tensor::Device;
use clap::Parser;
use ess_core::{MatrixModule, SearchModule};
use ess_data::NpyMatrix;
use ess_examples::write_json;
use ess_search::{DenseLayers, PersistentModule};
use serde::Serialize;

/// Make a searching module of Dense folders of sentence-transformers, or of a NumPy matrix.
#[derive(Parser)]
#[command(name = "import_dense")]
#[command(group = clap::ArgGroup::new("form").required(true))]
struct Arguments {
    /// A Dense folder, or a folder with 0_Dense, 1_Dense, …
    #[arg(long, value_name = "DIR", group = "form")]
    dense: Option<PathBuf>,
    /// An .npy file with a matrix, d_query × d_item: mapped queries are `queries @ matrix`.
    #[arg(long, value_name = "FILE", group = "form")]
    npy: Option<PathBuf>,
    /// The folder to save the module in.
    #[arg(long, value_name = "MODULE_DIR")]
    out: PathBuf,
    /// Write what was made as JSON (`-`: to standard output).
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

#[derive(Serialize)]
struct Report {
    kind: String,
    query_dim: usize,
    item_dim: usize,
    parameters: usize,
}

fn main() -> ExitCode {
    ess_examples::run(program)
}

fn program() -> Result<()> {
    let arguments = Arguments::parse();
    let module: Box<dyn PersistentModule> = match (&arguments.dense, &arguments.npy) {
        (Some(folder), _) => {
            let layers = DenseLayers::load(folder)?;
            layers.to_module(&Device::flex()).with_context(|| folder.display().to_string())?
        }
        (None, Some(path)) => {
            Box::new(MatrixModule::new(NpyMatrix::open(path)?.to_embeddings()?.into_matrix())?)
        }
        (None, None) => anyhow::bail!("--dense or --npy says what to import"),
    };
    let state = module.to_state()?;
    state.save(&arguments.out)?;
    let kind = state.description.kind.clone();
    let (query_dim, item_dim) = (module.query_dim(), module.item_dim());
    ess_examples::say!(
        "saved a module of kind {kind}, from {query_dim} to {item_dim} dimensions, in {}",
        arguments.out.display()
    );
    match &arguments.json {
        Some(path) => write_json(path, &Report { kind, query_dim, item_dim, parameters: state.parameters() }),
        None => Ok(()),
    }
}
