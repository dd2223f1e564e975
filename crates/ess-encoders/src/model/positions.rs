//! How many positions and types of tokens config.json speaks of.

use std::path::Path;

use super::{
    architecture::definition::{Architecture, Positions},
    raw_config::definition::RawConfig,
};
use crate::error::Error;

impl RawConfig {
    /// How many positions there are, those that padding takes among them.
    pub(super) fn positions(&self, path: &Path, architecture: &Architecture) -> Result<usize, Error> {
        match (architecture.positions, self.max_position_embeddings) {
            (Positions::Relative, _) => Ok(usize::MAX),
            (_, Some(positions)) => Ok(positions),
            (_, None) => Err(Error::config(path, "max_position_embeddings", "a number", "none")),
        }
    }

    /// The padding token, where positions are counted from behind it.
    pub(super) fn padding(&self, architecture: &Architecture) -> Option<u32> {
        match architecture.positions {
            Positions::LearnedBehindPadding => Some(self.pad_token_id.unwrap_or(1)),
            // MPNet counts from behind its own padding token's row, whichever token its file pads with.
            Positions::LearnedAndRelative { .. } => Some(1),
            _ => None,
        }
    }

    /// How many types of tokens have a vector.
    pub(super) fn token_types(&self, architecture: &Architecture) -> usize {
        if architecture.token_types {
            self.type_vocab_size.unwrap_or(architecture.defaults.token_types)
        } else {
            0
        }
    }
}
