//! Items on their way to an engine.

use std::{ops::Range, path::Path};

use anyhow::{Context, Result};
use ess_core::{Embeddings, Error as CoreError};
use ess_data::{EmbeddingStore, MappedStore};
use ess_engines::{Engine, OpenedEngine, Upload, UploadRecord};
use ess_files::Checksum;
use indicatif::ProgressBar;
use serde::Serialize;

use crate::{data::dataset::say_unit_norm, output::files::OutputLocks};

/// Writes down what was uploaded so far.
pub(super) type Keep = Box<dyn FnMut(&UploadRecord) -> Result<(), CoreError>>;

/// An upload that has begun. Each item is in the row that it has in the file.
pub(crate) struct ItemUpload {
    upload: Upload<Box<dyn Engine>, Keep>,
    engine: &'static str,
    place: String,
    sent: usize,
    _lock: OutputLocks,
}

/// What an upload did.
#[derive(Serialize)]
pub(crate) struct Uploaded {
    engine: &'static str,
    place: String,
    /// Those that the engine has.
    items: usize,
    /// Those that were not there yet.
    sent: usize,
}

impl ItemUpload {
    pub(super) fn begin(
        opened: OpenedEngine,
        place: String,
        record: UploadRecord,
        rows: usize,
        keep: Keep,
        lock: OutputLocks,
    ) -> Result<Self> {
        let OpenedEngine { name: engine, index, .. } = opened;
        let upload = Upload::begin(index, record, rows, keep).with_context(|| to(&place))?;
        Ok(Self { upload, engine, place, sent: 0, _lock: lock })
    }

    /// Sends some rows of a store, unless they are there; the first has the row `first_row` in the whole file. They are brought
    /// to unit norm where an index of them would be.
    ///
    /// # Errors
    /// When they cannot be read; those of the engine and of the journal.
    pub(crate) fn send(&mut self, first_row: usize, store: &MappedStore, rows: Range<usize>) -> Result<()> {
        let vectors = store.rows(rows)?;
        let vectors = if store.provenance().needs_unit_norm() { vectors.normalized() } else { vectors };
        let sent = self.upload.store(first_row, &vectors, &checksum(&vectors));
        if sent.with_context(|| to(&self.place))? {
            self.sent += vectors.len();
        }
        Ok(())
    }

    /// Sends what is not there yet of a file, so many rows at once, and then makes sure that the engine has these items and no
    /// others.
    ///
    /// # Errors
    /// As [`ItemUpload::send`]; where others changed the collection.
    pub(crate) fn finish(mut self, path: &Path, at_once: usize, bar: &ProgressBar) -> Result<Uploaded> {
        let store = EmbeddingStore::open(path)?;
        say_unit_norm(store.provenance(), path);
        let items = store.len();
        for first in (0..items).step_by(at_once) {
            let rows = first..items.min(first + at_once);
            let sent = rows.len();
            self.send(first, &store, rows)?;
            bar.inc(sent as u64);
        }
        bar.finish();
        let Self { upload, engine, place, sent, _lock } = self;
        upload.finish().with_context(|| to(&place))?;
        say!("{items} items in {place}, {sent} of them sent");
        Ok(Uploaded { engine, place, items, sent })
    }
}

fn to(place: &str) -> String {
    format!("uploading to {place}")
}

/// The checksum of vectors, as they are sent.
fn checksum(vectors: &Embeddings) -> String {
    let bytes: Vec<u8> = vectors.as_slice().iter().flat_map(|value| value.to_le_bytes()).collect();
    Checksum::of(&bytes).to_string()
}
