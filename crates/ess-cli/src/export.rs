//! `ess export`: writes a searching module for use without ESS.

use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};
use burn::tensor::Device;
use clap::{Args, ValueEnum};
use ess_core::Embeddings;
use ess_data::{Dtype, write_npy};
use ess_files::FolderLock;
use ess_search::{DenseLayers, ItemSide};
use serde::Serialize;

use crate::{arguments::paths, data::saved_module::SearchingModule, output::options::Output};

const EXAMPLES: &str = "\
Examples:
  ess export --module target/linear --dense target/dense
  ess export --module target/linear --npy map.npy
  ess export --module target/both --side item --dense target/items";

/// Write a searching module as Dense folders of sentence-transformers, or as a NumPy matrix.
///
/// Any module that is affine becomes one Dense folder, what is residual in it merged. An MLP of GELU or ReLU becomes one
/// more than it has hidden layers, as 0_Dense, 1_Dense, … A module of two sides is written one side at a time.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
#[command(group = clap::ArgGroup::new("form").required(true).multiple(true))]
pub(crate) struct Arguments {
    /// The saved searching module.
    #[arg(long, value_name = "MODULE_DIR", value_parser = paths::MODULE.read())]
    module: PathBuf,
    /// What is written of a module that moves items too: the map of queries, or that of items.
    #[arg(long, value_enum, default_value_t = Side::Query)]
    side: Side,
    /// The folder for Dense folders.
    #[arg(long, value_name = "DIR", group = "form", value_parser = paths::OUTPUT_FOLDER.written())]
    dense: Option<PathBuf>,
    /// The file for the matrix, d_query × d_item: mapped queries are `queries @ matrix`. For modules without a bias.
    #[arg(long, value_name = "FILE", group = "form", value_parser = paths::OUTPUT_FILE.written())]
    npy: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Side {
    Query,
    Item,
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
    // Before the work, so that a second one is told at once and neither form is written.
    let npy = arguments.npy.as_deref().map(|path| ("--npy", path));
    let _npy = output.lock_files(npy.as_slice())?;
    let dense = arguments.dense.as_deref().map(FolderLock::acquire).transpose()?;
    let layers = layers(arguments).with_context(|| format!("{} stays in ESS", arguments.module.display()))?;
    if let Some(path) = &arguments.npy {
        let [layer] = layers.layers() else { bail!("{}: an MLP is no matrix", arguments.module.display()) };
        ensure!(
            layer.bias().is_none(),
            "{}: it has a bias, which a matrix has not",
            arguments.module.display()
        );
        write_npy(path, &Embeddings::new(layer.weight().to_owned())?, Dtype::F32)?;
        say!("wrote {}", path.display());
    }
    if let Some(mut folder) = dense {
        layers.save_in(&mut folder)?;
        say!("wrote {} Dense layer(s) in {}", layers.layers().len(), folder.folder().display());
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

/// The side of the module that is wanted, as layers.
fn layers(arguments: &Arguments) -> Result<DenseLayers> {
    let SearchingModule::Embeddings(sides) = SearchingModule::load(&arguments.module, &Device::flex())?
    else {
        bail!(
            "it reads more than one vector of a query, for which sentence-transformers has no layer: `ess evaluate \
             --write-run FILE` writes what it finds"
        )
    };
    let query_side = sides.query_side();
    if arguments.side == Side::Query {
        if sides.item_side().kind() != ItemSide::Frozen.kind() {
            note!(
                "it moves items too: items are to be mapped as well (--side item), or indexed by `ess index build --module`"
            );
        }
        return Ok(DenseLayers::from_module(query_side)?);
    }
    match sides.item_side() {
        ItemSide::Shared => Ok(DenseLayers::from_module(query_side)?),
        ItemSide::Map(map) => Ok(DenseLayers::from_module(&**map)?),
        ItemSide::Offsets(_) => bail!(
            "its item side is offsets of single items, which are no map: `ess index build --module` indexes the moved items"
        ),
        _ => bail!("its items stay as they are: leave --side out"),
    }
}
