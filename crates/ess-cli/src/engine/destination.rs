//! An engine to which the items of a folder go.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use ess_core::{Error as CoreError, Index};
use ess_engines::{OpenedEngine, UploadRecord};

use super::{
    argument::EngineArgument,
    item_upload::{ItemUpload, Keep},
    journal::{JOURNAL, Journal},
};
use crate::output::{files::OutputLocks, options::Output};

/// An engine that answers and whose collection can take items, with what went there before.
pub(crate) struct Destination {
    opened: OpenedEngine,
    place: String,
    journal: Journal,
    path: PathBuf,
    lock: OutputLocks,
}

impl Destination {
    /// Opens an engine for the items of a folder, which `flag` names. The journal of the folder is kept for this process.
    ///
    /// # Errors
    /// Those of [`EngineArgument::open`]; a journal that is damaged or that another writes; an engine that does not say where
    /// it writes.
    pub(crate) fn open(
        engine: &EngineArgument,
        flag: &'static str,
        folder: &Path,
        output: &Output,
    ) -> Result<Self> {
        let path = folder.join(JOURNAL);
        let lock = output.lock_files(&[(flag, path.as_path())])?;
        ess_files::remove_partials(folder, |name| name == JOURNAL)?;
        let journal = Journal::read(&path)?;
        let opened = engine.open()?;
        let place = opened.place.clone().with_context(|| {
            format!("{}: expected an engine that says where it writes, by Engine::place", opened.name)
        })?;
        Ok(Self { opened, place, journal, path, lock })
    }

    /// Refuses items of another dimension than the engine's.
    ///
    /// # Errors
    /// With both dimensions.
    pub(crate) fn check_dim(&self, items: usize) -> Result<()> {
        let dim = self.opened.index.dim();
        ensure!(dim == items, "{}: expected items of {dim} dimensions, found {items}", self.place);
        Ok(())
    }

    /// Begins, or goes on with, an upload of so many items.
    ///
    /// # Errors
    /// Where the collection has items that were not uploaded from this folder; when the journal cannot be written; those of the
    /// engine.
    pub(crate) fn begin(self, rows: usize) -> Result<ItemUpload> {
        let Self { opened, place, mut journal, path, lock } = self;
        let (engine, to) = (opened.name, place.clone());
        let record = journal.record(engine, &place);
        let keep: Keep = Box::new(move |record: &UploadRecord| {
            journal.put(engine, &to, record);
            journal.write(&path).map_err(CoreError::external)
        });
        ItemUpload::begin(opened, place, record, rows, keep, lock)
    }
}
