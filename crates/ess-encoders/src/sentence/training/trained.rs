//! A trained encoder.

use std::path::{Path, PathBuf};

use ess_train::Returned;

use super::{config::Towers, encoder_parts::EncoderParts, report::TextTrainingReport, saving::save_encoder};
use crate::error::Error;

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
    /// their paths: the folder itself for one encoder of both sides; `query` and `item` in it for two towers; `query` in it for
    /// queries alone, whose items are those of the model that was trained.
    ///
    /// A folder has the model's other files as they were, so `max_seq_length` too, and its weights in `model.safetensors` as f32.
    ///
    /// # Errors
    /// [`Error::Files`] or [`Error::Io`] for a file that cannot be read or written, and where another writes the folder.
    pub fn save(&self, folder: impl AsRef<Path>) -> Result<Vec<PathBuf>, Error> {
        let frozen = vec![self.parts.values.clone(); self.towers.len()];
        match self.report.guard.returned {
            Returned::Trained => self.write(folder.as_ref(), &self.towers),
            Returned::Identity => self.write(folder.as_ref(), &frozen),
        }
    }

    /// Saves the trained encoder as [`TrainedEncoder::save`] does, whatever the guard says: for comparison.
    ///
    /// # Errors
    /// As [`TrainedEncoder::save`].
    pub fn save_trained(&self, folder: impl AsRef<Path>) -> Result<Vec<PathBuf>, Error> {
        self.write(folder.as_ref(), &self.towers)
    }

    fn write(&self, folder: &Path, towers: &[Vec<f32>]) -> Result<Vec<PathBuf>, Error> {
        let folders = match self.report.config.towers {
            Towers::Shared => vec![folder.to_owned()],
            Towers::Two => vec![folder.join("query"), folder.join("item")],
            Towers::Query => vec![folder.join("query")],
        };
        for (folder, values) in folders.iter().zip(towers) {
            save_encoder(self.parts, values, folder)?;
        }
        Ok(folders)
    }
}
