//! A transformer with the head of a masked language model.

use super::{masked_head::MaskedHead, pooling::SpladePooling};
use crate::{error::Error, model::tokenizer::text_tokenizer::TextTokenizer, sentence::engine::Engine};

/// Texts as pooled logits (SPLADE).
pub(super) struct MaskedEncoder {
    pub(super) engine: Engine,
    pub(super) tokenizer: TextTokenizer,
    pub(super) head: MaskedHead,
    pub(super) pooling: SpladePooling,
    pub(super) layers: usize,
    /// The maximum number of tokens that the model has positions for.
    pub(super) longest: usize,
}

impl MaskedEncoder {
    /// The terms of each text, ascending, with values above 0.
    pub(super) fn encode(&self, texts: Vec<String>) -> Result<Vec<Vec<(u32, f32)>>, Error> {
        let tokens = self.tokenizer.encode(texts, true)?;
        self.engine.run(&tokens, &[self.layers], |_, states| self.head.terms(states[0], self.pooling))
    }
}
