//! `ess export`: writes a searching module for use without ESS.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use burn::tensor::Device;
use clap::Args;
use ess_core::Embeddings;
use ess_data::{Dtype, write_npy};
use ess_search::{DenseLayers, Registry};
use serde::Serialize;

use crate::{arguments::paths, output::options::Output};

const EXAMPLES: &str = "\
Examples:
  ess export --module target/linear --dense target/dense
  ess export --module target/linear --npy map.npy";

/// Write a searching module as Dense folders of sentence-transformers, or as a NumPy matrix.
///
/// Any module that is affine becomes one Dense folder, what is residual in it merged; an MLP of GELU or ReLU becomes one
/// more than it has hidden layers, as 0_Dense, 1_Dense, …
#[derive(Args)]
#[command(after_help = EXAMPLES)]
#[command(group = clap::ArgGroup::new("form").required(true).multiple(true))]
pub(crate) struct Arguments {
    /// The saved searching module.
    #[arg(long, value_name = "MODULE_DIR", value_parser = paths::MODULE.read())]
    module: PathBuf,
    /// The folder for Dense folders.
    #[arg(long, value_name = "DIR", group = "form", value_parser = paths::OUTPUT_FOLDER.written())]
    dense: Option<PathBuf>,
    /// The file for the matrix, d_query × d_item: mapped queries are `queries @ matrix`. For modules without a bias.
    #[arg(long, value_name = "FILE", group = "form", value_parser = paths::OUTPUT_FILE.written())]
    npy: Option<PathBuf>,
}

#[derive(Serialize)]
struct Report {
    query_dim: usize,
    item_dim: usize,
    layers: Vec<Layer>,
}

#[derive(Serialize)]
struct Layer {
    in_features: usize,
    out_features: usize,
    bias: bool,
    activation: &'static str,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<()> {
    let module = Registry::default().load(&arguments.module, &Device::flex())?;
    let layers = DenseLayers::from_module(&module)
        .with_context(|| format!("{} stays in ESS", arguments.module.display()))?;
    if let Some(path) = &arguments.npy {
        let [layer] = layers.layers() else {
            anyhow::bail!("{}: an MLP is no matrix", arguments.module.display())
        };
        ensure!(
            layer.bias().is_none(),
            "{}: it has a bias, which a matrix has not",
            arguments.module.display()
        );
        write_npy(path, &Embeddings::new(layer.weight().to_owned())?, Dtype::F32)?;
        say!("wrote {}", path.display());
    }
    if let Some(folder) = &arguments.dense {
        layers.save(folder)?;
        say!("wrote {} Dense layer(s) in {}", layers.layers().len(), folder.display());
    }
    let each = layers.layers().iter().map(|layer| Layer {
        in_features: layer.in_features(),
        out_features: layer.out_features(),
        bias: layer.bias().is_some(),
        activation: layer.activation().torch_name(),
    });
    let report =
        Report { query_dim: layers.query_dim(), item_dim: layers.item_dim(), layers: each.collect() };
    output.write(&report)
}
