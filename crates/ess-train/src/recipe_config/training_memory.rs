//! A memory of the training queries, as data.

use ess_search::KeyValueMemoryConfig;
use serde::{Deserialize, Serialize};

use super::{context::RecipeContext, kind::RecipeKind};
use crate::{
    error::Error,
    recipe::{definition::Recipe, training_memory::TrainingMemoryRecipe},
};

/// A memory of the training queries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrainingMemorySettings {
    /// The maximum number of training queries that are keys. Default: 16384.
    pub slots: usize,
    /// As [`KeyValueMemoryConfig::sharpness`]. Default: 20.
    pub sharpness: f32,
    /// As [`KeyValueMemoryConfig::threshold`]. Default: 0.5.
    pub threshold: f32,
}

impl Default for TrainingMemorySettings {
    fn default() -> Self {
        let KeyValueMemoryConfig { sharpness, threshold, .. } = KeyValueMemoryConfig::default();
        Self { slots: 1 << 14, sharpness, threshold }
    }
}

impl RecipeKind for TrainingMemorySettings {
    const KIND: &'static str = "training_memory";

    fn build(&self, context: &RecipeContext) -> Result<Box<dyn Recipe>, Error> {
        let &Self { slots, sharpness, threshold } = self;
        let config = KeyValueMemoryConfig { slots, sharpness, threshold, ..KeyValueMemoryConfig::default() };
        Ok(Box::new(TrainingMemoryRecipe::new(context.fill(&config)?)))
    }
}
