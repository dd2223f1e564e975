//! Texts as vectors, without what gradients need, and how many there were.

use std::cell::Cell;

use ess_core::Embeddings;

use super::{config::TextTrainingConfig, encoder_parts::EncoderParts, vector_network::VectorNetwork};
use crate::{error::Error, model::tokenizer::token_ids::TokenIds, training::cached_pass::encode};

/// Encodes texts with the parameters of a tower, and counts them.
pub(super) struct CountedEncoder<'p> {
    pub(super) parts: &'p EncoderParts,
    chunk_tokens: usize,
    texts: Cell<usize>,
}

impl<'p> CountedEncoder<'p> {
    pub(super) fn new(parts: &'p EncoderParts, config: &TextTrainingConfig) -> Self {
        Self { parts, chunk_tokens: config.chunk_tokens, texts: Cell::new(0) }
    }

    /// A tower of these parameters.
    pub(super) fn network<'v>(&'v self, values: &'v [f32]) -> VectorNetwork<'v> {
        VectorNetwork::new(&self.parts.shape, &self.parts.layout, values, false)
    }

    /// The vectors of texts, `n × d`; `skipped` tokens of each are not pooled.
    pub(super) fn vectors(
        &self,
        network: &VectorNetwork<'_>,
        texts: &[&TokenIds],
        skipped: usize,
    ) -> Result<Embeddings, Error> {
        self.texts.set(self.texts.get() + texts.len());
        let values = encode(network, texts, skipped, self.chunk_tokens);
        Ok(Embeddings::from_vec(values, self.parts.shape.vector_dim())?)
    }

    /// How many texts it has encoded.
    pub(super) fn texts(&self) -> usize {
        self.texts.get()
    }
}
