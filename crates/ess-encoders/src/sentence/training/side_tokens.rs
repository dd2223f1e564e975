//! The tokens of the texts of one side.

use crate::{
    error::Error,
    model::tokenizer::token_ids::TokenIds,
    sentence::{encoder::SentenceEncoder, side::Side},
};

/// The texts of one side.
pub(super) struct SideTokens {
    pub(super) texts: Vec<TokenIds>,
    /// How many tokens of each are of the prompt and not pooled.
    pub(super) skipped: usize,
}

impl SideTokens {
    pub(super) fn of(encoder: &SentenceEncoder, texts: &[&str], side: Side) -> Result<Self, Error> {
        let prompt = encoder.side_prompt(side);
        Ok(Self { texts: encoder.tokenize(texts, prompt)?, skipped: encoder.prompt_tokens(prompt)? })
    }

    /// The texts in these rows.
    pub(super) fn select(&self, rows: &[usize]) -> Vec<&TokenIds> {
        rows.iter().map(|&row| &self.texts[row]).collect()
    }

    /// All texts.
    pub(super) fn all(&self) -> Vec<&TokenIds> {
        self.texts.iter().collect()
    }
}
