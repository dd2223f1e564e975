//! A trained encoder.

use std::path::{Path, PathBuf};

use ess_files::FolderLock;
use ess_train::Returned;

use super::{config::Towers, encoder_parts::EncoderParts, report::TextTrainingReport};
use crate::{
    error::Error,
    model::folder::ModelFolder,
    training::saving::{ModelFiles, weights_beside},
};

/// Trained towers and how they came about.
pub struct TrainedEncoder<'t> {
    pub(super) parts: &'t EncoderParts,
    pub(super) towers: Vec<Vec<f32>>,
    pub(super) report: TextTrainingReport,
}

impl TrainedEncoder<'_> {
    /// What happened.
    pub fn report(&self) -> &TextTrainingReport {
        &self.report
    }

    /// Saves what the baseline guard returned, the trained encoder or the frozen one, as sentence-transformers folders, and gives
    /// their paths. One encoder of both sides is the folder itself. Two towers are `query` and `item` in it. A tower of queries
    /// alone is `query` in it, and its items are those of the model that was trained.
    ///
    /// A folder has the model's settings and tokenizer as they were, so `max_seq_length` too, and its weights in
    /// `model.safetensors` as f32. What else is in it stays. The configs of all folders go first and come last, so that what a
    /// killed process leaves is the old encoders, the new ones, or refused.
    ///
    /// # Errors
    /// [`Error::Files`] or [`Error::Io`] for a file that cannot be read or written, and where another writes the folder.
    pub fn save(&self, folder: impl AsRef<Path>) -> Result<Vec<PathBuf>, Error> {
        self.save_in(&mut FolderLock::acquire(folder.as_ref())?)
    }

    /// As [`TrainedEncoder::save`], into a folder that the caller keeps for itself already.
    ///
    /// # Errors
    /// As [`TrainedEncoder::save`].
    pub fn save_in(&self, lock: &mut FolderLock) -> Result<Vec<PathBuf>, Error> {
        match self.report.guard.returned {
            Returned::Trained => self.save_trained_in(lock),
            Returned::Identity => self.write(lock, &vec![self.parts.values.clone(); self.towers.len()]),
        }
    }

    /// Saves the trained encoder as [`TrainedEncoder::save`] does, whatever the guard says: for comparison.
    ///
    /// # Errors
    /// As [`TrainedEncoder::save`].
    pub fn save_trained(&self, folder: impl AsRef<Path>) -> Result<Vec<PathBuf>, Error> {
        self.save_trained_in(&mut FolderLock::acquire(folder.as_ref())?)
    }

    /// As [`TrainedEncoder::save_trained`], into a folder that the caller keeps for itself already.
    ///
    /// # Errors
    /// As [`TrainedEncoder::save`].
    pub fn save_trained_in(&self, lock: &mut FolderLock) -> Result<Vec<PathBuf>, Error> {
        self.write(lock, &self.towers)
    }

    fn write(&self, lock: &mut FolderLock, towers: &[Vec<f32>]) -> Result<Vec<PathBuf>, Error> {
        let folder = lock.folder();
        let folders = match self.report.config.towers {
            Towers::Shared => vec![folder.to_owned()],
            Towers::Two => vec![folder.join("query"), folder.join("item")],
            Towers::Query => vec![folder.join("query")],
        };
        let inner = folders.iter().filter(|inner| **inner != folder);
        let _locks: Vec<FolderLock> =
            inner.map(|inner| FolderLock::acquire(inner)).collect::<Result<_, _>>()?;
        // All is read before anything goes: the model may be trained in its own folder.
        let parts = self.parts;
        let files = ModelFiles::read(&ModelFolder::new(&parts.folder)?, &parts.transformer)?;
        let weights = |values: &Vec<f32>| weights_beside(&parts.transformer, &parts.layout, values);
        let weights: Vec<Vec<u8>> = towers.iter().map(weights).collect::<Result<_, _>>()?;
        files.write(&folders.iter().cloned().zip(weights).collect::<Vec<_>>())?;
        Ok(folders)
    }
}
