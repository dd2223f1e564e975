//! What a recipe gives.

use ess_core::{Embeddings, Encoding};
use ess_search::PersistentModule;

use super::record::TrainingRecord;

/// A trained module of any kind, and how it came about.
pub struct Trained<E: Encoding = Embeddings> {
    /// The module.
    pub module: Box<dyn PersistentModule<E>>,
    /// Its training runs, and the settings that were chosen on dev.
    pub record: TrainingRecord,
}
