//! `ess encode`: encodes the items and queries of a BEIR folder with a sentence-transformers model, or images with CLIP.
//!
//! Work is kept in parts under `--out`/parts: when the program is stopped at any moment, the same command goes on
//! where it was. What is there already is taken where the model, the settings, the ids and the texts are the same, by
//! their checksums. Memory is that of the model, the ids and one part.

mod arguments;
mod hosted;
#[cfg(feature = "images")]
mod image_list;
#[cfg(feature = "images")]
mod images;
pub(crate) mod inputs;
mod job;
mod loading;
mod model;
mod piece;
mod provenance;
mod published;
mod shard;
mod sparse;
mod texts;
mod written;

use anyhow::{Result, ensure};

use crate::{engine::destination::Destination, output::options::Output};

pub(crate) use self::arguments::Arguments;

/// Runs the command.
pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<()> {
    ensure!(arguments.part > 0, "--part: expected at least 1, found 0");
    #[cfg(not(feature = "images"))]
    ensure!(
        arguments.images.is_none(),
        "--images is not in this build; build it with `cargo install --path crates/ess-cli --features images`"
    );
    published::check(arguments)?;
    if arguments.sparse {
        return sparse::run(arguments, output);
    }
    // Before the work, so that a second program is refused at once.
    let _locks = written::locks(arguments, output)?;
    let destination = destination(arguments, output)?;
    let model = loading::load(arguments, output.quiet)?;
    if let Some(destination) = &destination {
        destination.check_dim(model.item_dim())?;
    }
    #[cfg(feature = "images")]
    if let Some(images) = &arguments.images {
        return images::run(arguments, images, &model, destination, output);
    }
    texts::run(arguments, &model, destination, output)
}

/// The engine that items go to, where one is named.
fn destination(arguments: &Arguments, output: &Output) -> Result<Option<Destination>> {
    let Some(engine) = &arguments.upload else { return Ok(None) };
    ensure!(
        arguments.shard.is_all(),
        "--upload: expected all items, found a share of them; `ess merge` puts shares together, and `ess engine upload` uploads \
         the whole"
    );
    Destination::open(engine, "--out", &arguments.folder(), output).map(Some)
}
