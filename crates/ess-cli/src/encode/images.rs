//! `ess encode --images`: the images of a folder or a list, as items.

use std::{fs::File, path::Path, time::Instant};

use anyhow::{Context, Result};
use ess_data::{MappedStore, Provenance};
use ess_files::Checksum;
use rayon::prelude::*;
use serde::Serialize;

use crate::{
    engine::{destination::Destination, item_upload::Uploaded},
    output::options::Output,
};

use super::{
    arguments::Arguments,
    image_list::{Listed, list},
    job::Job,
    model::Model,
    piece::Piece,
    published::{self, Published},
    written::written_files,
};

#[derive(Serialize)]
struct Report {
    items: usize,
    /// None where they went to no engine.
    #[serde(skip_serializing_if = "Option::is_none")]
    uploaded: Option<Uploaded>,
    dim: usize,
    item_provenance: Provenance,
    /// None where they went to no object store.
    #[serde(skip_serializing_if = "Option::is_none")]
    published: Option<Published>,
    seconds: f64,
}

/// Encodes images. They also go to the `destination`.
pub(super) fn run(
    arguments: &Arguments,
    images: &Path,
    model: &Model,
    destination: Option<Destination>,
    output: &Output,
) -> Result<()> {
    let started = Instant::now();
    let pieces = pieces(arguments, list(images)?, output)?;
    let job = Job::new(arguments, model, output, "corpus", model.provenance(true));
    let read = || Ok(pieces.iter().cloned().map(Ok));
    let encode = |pieces: &[Piece]| model.encode_items(&Piece::texts(pieces).0);
    let done = job.encode(&images.display().to_string(), read, encode, destination)?;
    output.write(&Report {
        items: done.rows,
        uploaded: done.uploaded,
        dim: MappedStore::open(&job.out)?.dim(),
        item_provenance: job.provenance,
        published: published::publish(arguments, &written_files(arguments))?,
        seconds: started.elapsed().as_secs_f64(),
    })
}

/// The images with the checksums of their files, by which a later run knows them again.
fn pieces(arguments: &Arguments, images: Vec<Listed>, output: &Output) -> Result<Vec<Piece>> {
    let own = arguments.shard.rows(images.len());
    let bar = output.bar(own.len()).with_message("checksums");
    let piece = |(row, image): (usize, Listed)| -> Result<Piece> {
        // Those of other shares are not looked at.
        let checksum = match own.contains(&row) {
            false => Checksum::of(b""),
            true => {
                bar.inc(1);
                let sum = File::open(&image.path).and_then(Checksum::of_reader);
                sum.with_context(|| image.path.clone())?
            }
        };
        Ok(Piece::image(image.id, &image.path, checksum))
    };
    let pieces: Vec<_> = images.into_par_iter().enumerate().map(piece).collect();
    bar.finish();
    pieces.into_iter().collect()
}
