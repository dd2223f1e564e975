//! How many tokens a text may have: no more than the model reads.

use std::path::Path;

use super::config::TokenizerConfig;
use crate::{
    error::Error,
    model::{folder::ModelFolder, transformer_config::TransformerConfig},
};

/// The minimum number of tokens that texts may be cut to: room for the special tokens of a pair, and one more.
pub(crate) const MIN_TOKENS: usize = 5;

/// Refuses more tokens than a text may have: the library cuts texts before its last part adds to them.
pub(super) fn check(path: &Path, longest: Option<usize>, tokens: usize) -> Result<(), Error> {
    match longest {
        Some(longest) if tokens > longest => {
            let reason = format!("it makes {tokens} tokens of a text that is cut to {longest}");
            Err(Error::Tokenizer { path: path.to_owned(), reason })
        }
        _ => Ok(()),
    }
}

/// The maximum number of tokens of a text: what a file beside the model states, or tokenizer_config.json says, within the model's
/// positions. What is stated goes beyond them where the model can, as in sentence-transformers.
pub(crate) fn longest_text(
    folder: &ModelFolder,
    config: &TransformerConfig,
    stated: Option<(usize, &Path)>,
) -> Result<usize, Error> {
    let tokenizer = TokenizerConfig::read(folder)?;
    tokenizer.check_padding(folder, config.position_rows() > 0)?;
    let by_tokenizer = || {
        let most = tokenizer.longest().unwrap_or(usize::MAX);
        (most, folder.file("tokenizer_config.json"), "model_max_length")
    };
    let by_file = |(most, path): (usize, &Path)| (most, path.to_owned(), "max_seq_length");
    let by_positions = (config.longest(), folder.file("config.json"), "max_position_embeddings");
    let asked = stated.map_or_else(by_tokenizer, by_file);
    let is_bound = stated.is_none() || !config.reads_beyond_positions();
    let (longest, path, field) = if is_bound && by_positions.0 < asked.0 { by_positions } else { asked };
    if longest < MIN_TOKENS {
        return Err(Error::config(&path, field, format!("room for at least {MIN_TOKENS} tokens"), longest));
    }
    Ok(longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_tokens_as_a_text_may_have_are_read_and_one_more_is_refused() {
        let path = Path::new("tokenizer.json");
        assert!(check(path, Some(4), 4).is_ok() && check(path, None, usize::MAX).is_ok());
        let error = check(path, Some(4), 5).unwrap_err();
        assert!(matches!(&error, Error::Tokenizer { .. }), "{error}");
        assert!(error.to_string().contains("5 tokens") && error.to_string().contains("cut to 4"), "{error}");
    }
}
