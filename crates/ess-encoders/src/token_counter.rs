//! How many tokens texts have.

use crate::{error::Error, model::tokenizer::text_tokenizer::TextTokenizer};

/// Counts the tokens of texts, before an encoder cuts them.
///
/// ```no_run
/// use ess_encoders::SentenceEncoder;
///
/// let encoder = SentenceEncoder::load("all-MiniLM-L6-v2")?;
/// assert_eq!(encoder.token_counter()?.count(&["the cat"])?, [4]);
/// # Ok::<(), ess_encoders::Error>(())
/// ```
pub struct TokenCounter {
    pub(crate) tokenizer: TextTokenizer,
    pub(crate) special_tokens: bool,
}

impl TokenCounter {
    /// The number of tokens of each text, in order.
    ///
    /// # Errors
    /// [`Error::Tokenizer`] for a text that the tokenizer refuses.
    pub fn count(&self, texts: &[&str]) -> Result<Vec<usize>, Error> {
        let tokens = self.tokenizer.encode(texts.to_vec(), self.special_tokens)?;
        Ok(tokens.iter().map(|text| text.ids.len()).collect())
    }
}
