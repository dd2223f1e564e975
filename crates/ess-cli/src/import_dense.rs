//! `ess import-dense`: makes a searching module of a Dense folder or a NumPy matrix.

use std::path::PathBuf;

use anyhow::{Context, Result};
use burn::tensor::Device;
use clap::Args;
use ess_core::{MatrixModule, SearchModule};
use ess_data::NpyMatrix;
use ess_files::FolderLock;
use ess_search::{DenseLayers, PersistentModule};
use serde::Serialize;

use crate::{arguments::paths, output::options::Output};

const EXAMPLES: &str = "\
Examples:
  ess import-dense --dense path/to/2_Dense --out target/dense
  ess import-dense --npy map.npy --out target/map";

/// Make a searching module of Dense folders of sentence-transformers, or of a NumPy matrix.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
#[command(group = clap::ArgGroup::new("form").required(true))]
pub(crate) struct Arguments {
    /// A Dense folder, or a folder with 0_Dense, 1_Dense, …
    #[arg(long, value_name = "DIR", group = "form", value_parser = paths::DENSE.read())]
    dense: Option<PathBuf>,
    /// An .npy file with a matrix, d_query × d_item: mapped queries are `queries @ matrix`.
    #[arg(long, value_name = "FILE", group = "form", value_parser = paths::NPY.read())]
    npy: Option<PathBuf>,
    /// The folder to save the module in.
    #[arg(long, value_name = "MODULE_DIR", value_parser = paths::OUTPUT_FOLDER.written())]
    out: PathBuf,
}

#[derive(Serialize)]
struct Report {
    kind: String,
    query_dim: usize,
    item_dim: usize,
    parameters: usize,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<()> {
    // Before the work, so that a second one is told at once and not after it.
    let mut out = FolderLock::acquire(&arguments.out)?;
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
    state.save_in(&mut out)?;
    let kind = state.description.kind.clone();
    let (query_dim, item_dim) = (module.query_dim(), module.item_dim());
    say!(
        "saved a module of kind {kind}, from {query_dim} to {item_dim} dimensions, in {}",
        arguments.out.display()
    );
    output.write(&Report { kind, query_dim, item_dim, parameters: state.parameters() })
}
