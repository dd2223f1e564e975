//! Texts behind a prompt of the caller's.

use ess_core::Embeddings;

use super::encoder::SentenceEncoder;
use crate::{error::Error, token_counter::TokenCounter};

impl SentenceEncoder {
    /// Encodes `n` texts, in order, into an `n × dim` matrix, with this prompt before each; an empty one is none. Queries and
    /// items have the model's own prompts ([`SentenceEncoder::prompts`]).
    ///
    /// # Errors
    /// [`ess_core::Error::Empty`] for an empty batch, [`Error::Tokenizer`], and with the feature `device` [`Error::Device`].
    pub fn encode_behind(&self, prompt: &str, texts: &[&str]) -> Result<Embeddings, Error> {
        let pool = |states: &[&[f32]], skipped| self.pool(states[0], skipped);
        self.embed(&self.run_behind(prompt, texts, &[self.config.layers], pool)?)
    }

    /// Counts the tokens of texts as this encoder has them before it cuts them, the special ones too.
    ///
    /// # Errors
    /// [`Error::Tokenizer`] where the tokenizer cannot be copied.
    pub fn token_counter(&self) -> Result<TokenCounter, Error> {
        Ok(TokenCounter { tokenizer: self.tokenizer.uncut()?, special_tokens: true })
    }
}
