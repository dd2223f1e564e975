//! A tokenizer as a file again.

use super::text_tokenizer::TextTokenizer;
use crate::error::Error;

impl TextTokenizer {
    /// The content of a tokenizer.json that cuts no text.
    pub(crate) fn to_json(&self) -> Result<String, Error> {
        let malformed = |cause| Error::Json { path: self.path.clone(), cause };
        let mut whole = serde_json::to_value(&self.uncut()?.tokenizer).map_err(malformed)?;
        whole["decoder"] = self.decoder.clone();
        serde_json::to_string_pretty(&whole).map_err(malformed)
    }
}
