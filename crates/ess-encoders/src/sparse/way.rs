//! How a side's texts become vectors.

use super::{masked_encoder::MaskedEncoder, term_weights::TermWeights};
use crate::error::Error;

/// How a side's texts become vectors.
pub(super) enum Way {
    Masked(Box<MaskedEncoder>),
    Weights(Box<TermWeights>),
}

impl Way {
    /// The number of terms.
    pub(super) fn dim(&self) -> usize {
        match self {
            Self::Masked(encoder) => encoder.head.vocabulary(),
            Self::Weights(weights) => weights.weights.len(),
        }
    }

    /// The terms of each text, ascending, with values other than 0.
    pub(super) fn encode(&self, texts: Vec<String>) -> Result<Vec<Vec<(u32, f32)>>, Error> {
        match self {
            Self::Masked(encoder) => encoder.encode(texts),
            Self::Weights(weights) => weights.encode(texts),
        }
    }
}
