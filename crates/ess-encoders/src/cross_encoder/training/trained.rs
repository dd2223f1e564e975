//! A trained cross-encoder.

use std::path::Path;

use ess_files::FolderLock;
use ess_train::Returned;

use super::{network::PairNetwork, parts::CrossParts, report::PairTrainingReport};
use crate::{
    cross_encoder::pair_cut::PairCut,
    error::Error,
    training::{
        cached_pass::encode,
        saving::{weights_alone, weights_beside},
    },
};

/// Trained parameters and how they came about.
pub struct TrainedCrossEncoder<'t> {
    pub(super) parts: &'t CrossParts,
    pub(super) values: Vec<f32>,
    pub(super) report: PairTrainingReport,
}

impl TrainedCrossEncoder<'_> {
    /// What happened.
    pub fn report(&self) -> &PairTrainingReport {
        &self.report
    }

    /// The trained model's score of each of `n` pairs of query and item, in order, whatever the guard says; pairs that are too long are
    /// cut at the item, to the length of training.
    ///
    /// # Errors
    /// [`ess_core::Error::Empty`] for no pair, [`Error::Tokenizer`].
    pub fn pair_scores(&self, pairs: &[(&str, &str)]) -> Result<Vec<f32>, Error> {
        if pairs.is_empty() {
            return Err(ess_core::Error::Empty { what: "pairs to score" }.into());
        }
        let tokens = self.parts.tokenizer.encode(pairs, PairCut::Item)?;
        let network = PairNetwork::new(self.parts, &self.values, false);
        Ok(encode(&network, &tokens.iter().collect::<Vec<_>>(), 0, self.report.config.chunk_tokens))
    }

    /// Saves what the baseline guard returned, the trained model or the one before, as a folder that
    /// [`CrossEncoder::load`](crate::CrossEncoder::load) reads, and sentence-transformers' `CrossEncoder` and transformers'
    /// `AutoModelForSequenceClassification`.
    ///
    /// A cross-encoder that was trained further keeps its settings and tokenizer as they were. One that was made of an encoder has the
    /// encoder's config.json, with one label whose score sentence-transformers gives as it is, and its tokenizer. `max_tokens` is no setting
    /// of the folder: where it was given, what dev and the guard found holds for pairs cut so
    /// ([`CrossEncoder::with_max_tokens`](crate::CrossEncoder::with_max_tokens)). Weights are f32 in `model.safetensors`. What else is in the folder stays,
    /// but for modules.json and the like of an encoder. config.json goes first and comes last, so that what a killed process leaves is
    /// the old model, the new one, or refused.
    ///
    /// # Errors
    /// [`Error::Files`] or [`Error::Io`] for a file that cannot be read or written, and where another writes the folder.
    pub fn save(&self, folder: impl AsRef<Path>) -> Result<(), Error> {
        self.save_in(&mut FolderLock::acquire(folder.as_ref())?)
    }

    /// As [`TrainedCrossEncoder::save`], into a folder that the caller keeps for itself already.
    ///
    /// # Errors
    /// As [`TrainedCrossEncoder::save`].
    pub fn save_in(&self, lock: &mut FolderLock) -> Result<(), Error> {
        match self.report.guard.as_ref().map(|guard| guard.returned) {
            Some(Returned::Identity) => self.write(lock, &self.parts.values),
            Some(Returned::Trained) | None => self.save_trained_in(lock),
        }
    }

    /// Saves the trained model as [`TrainedCrossEncoder::save`] does, whatever the guard says: for comparison.
    ///
    /// # Errors
    /// As [`TrainedCrossEncoder::save`].
    pub fn save_trained(&self, folder: impl AsRef<Path>) -> Result<(), Error> {
        self.save_trained_in(&mut FolderLock::acquire(folder.as_ref())?)
    }

    /// As [`TrainedCrossEncoder::save_trained`], into a folder that the caller keeps for itself already.
    ///
    /// # Errors
    /// As [`TrainedCrossEncoder::save`].
    pub fn save_trained_in(&self, lock: &mut FolderLock) -> Result<(), Error> {
        self.write(lock, &self.values)
    }

    fn write(&self, lock: &mut FolderLock, values: &[f32]) -> Result<(), Error> {
        let CrossParts { transformer, layout, own_head, files, .. } = self.parts;
        let weights = match own_head {
            true => weights_beside(transformer.path(), layout, values)?,
            false => weights_alone(transformer.path(), layout, values)?,
        };
        files.write(&[(lock.folder().to_owned(), weights)])
    }
}
