//! What a tokenizer makes of a text is no longer than the model reads.

use std::path::Path;

use crate::error::Error;

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
