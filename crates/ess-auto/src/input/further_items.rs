//! The items by a further encoder.

use ess_core::{Embeddings, Error};
use ess_index::FlatIndex;

use super::encoding_kind::EncodingKind;

/// `m` items by an encoder beside the frozen one: what queries by the same encoder are compared with and searched in.
pub(crate) enum FurtherItems {
    /// By embedding.
    Dense {
        /// `m × d`, of whatever dimension.
        embeddings: Embeddings,
        index: FlatIndex,
        /// The root of their mean squared length.
        length: f64,
    },
}

impl FurtherItems {
    pub(crate) fn dense(embeddings: Embeddings) -> Result<Self, Error> {
        let index = FlatIndex::new(embeddings.clone())?;
        let squares: f64 = embeddings.as_slice().iter().map(|&value| f64::from(value).powi(2)).sum();
        let length = (squares / embeddings.len() as f64).sqrt();
        Ok(Self::Dense { embeddings, index, length })
    }

    pub(crate) fn kind(&self) -> EncodingKind {
        match self {
            Self::Dense { embeddings, .. } => EncodingKind::Embeddings(embeddings.dim()),
        }
    }
}
