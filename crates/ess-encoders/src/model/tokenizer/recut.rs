//! The same tokenizer, cutting texts elsewhere or nowhere.

use tokenizers::utils::truncation::TruncationStrategy;

use super::text_tokenizer::TextTokenizer;
use crate::error::Error;

impl TextTokenizer {
    /// The same tokenizer for texts without special tokens, cutting none.
    pub(crate) fn uncut(&self) -> Result<Self, Error> {
        let path = self.path.clone();
        let (tokenizer, decoder) = (self.tokenizer.clone(), self.decoder.clone());
        let mut uncut = Self { tokenizer, special: None, decoder, path, ..*self };
        uncut.cut_at(None)?;
        Ok(uncut)
    }

    /// The same tokenizer, cutting texts to `longest` tokens.
    pub(crate) fn cutting_at(&self, longest: usize) -> Result<Self, Error> {
        let (tokenizer, path) = (self.tokenizer.clone(), self.path.clone());
        let (special, decoder) = (self.special.clone(), self.decoder.clone());
        let mut other = Self { tokenizer, special, decoder, path, ..*self };
        other.cut_at(Some(longest))?;
        Ok(other)
    }

    /// The same tokenizer, cutting the second text of a pair alone: the first must leave room for a token of it.
    pub(crate) fn cutting_second(&self) -> Result<Self, Error> {
        let mut other = self.cutting_at(self.longest().unwrap_or(usize::MAX))?;
        if let Some(truncation) = other.tokenizer.get_truncation_mut() {
            truncation.strategy = TruncationStrategy::OnlySecond;
        }
        Ok(other)
    }
}
