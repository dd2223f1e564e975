//! Where a text ends for a model that reads no further.

use std::path::Path;

use serde_json::Value;

use crate::error::Error;

/// How a tower finds the token whose state is a text's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TextEnd {
    /// The first token of this id, or the first of all where there is none.
    Token(u32),
    /// The first token of the largest id: what older files mean by the id 2.
    LargestId,
}

impl TextEnd {
    /// As config.json's `eos_token_id` says.
    pub(super) fn of(path: &Path, said: Option<&Value>) -> Result<Self, Error> {
        // What CLIP's configuration has where its file says nothing.
        const DEFAULT: u64 = 49_407;
        let id = said.filter(|value| !value.is_null()).map_or(Some(DEFAULT), Value::as_u64);
        match id.map(u32::try_from) {
            Some(Ok(2)) => Ok(Self::LargestId),
            Some(Ok(id)) => Ok(Self::Token(id)),
            _ => {
                let found = said.map_or_else(String::new, Value::to_string);
                Err(Error::config(path, "eos_token_id", "the id of a token", found))
            }
        }
    }

    /// How many tokens of a text the model reads: no token before the end has seen what follows.
    pub(crate) fn tokens(self, ids: &[u32]) -> usize {
        let end = match self {
            Self::Token(id) => Some(id),
            Self::LargestId => ids.iter().max().copied(),
        };
        let at = ids.iter().position(|id| Some(*id) == end).unwrap_or(0);
        (at + 1).min(ids.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_end_at_the_first_token_that_ends_them() {
        assert_eq!(TextEnd::Token(5).tokens(&[1, 7, 5, 9, 5]), 3);
        assert_eq!(TextEnd::Token(5).tokens(&[1, 7]), 1);
        assert_eq!(TextEnd::LargestId.tokens(&[1, 7, 9, 3, 9]), 3);
        assert_eq!(TextEnd::LargestId.tokens(&[]), 0);
        let of = |value: Value| TextEnd::of(Path::new("config.json"), Some(&value));
        assert_eq!(of(2.into()).unwrap(), TextEnd::LargestId);
        assert_eq!(of(Value::Null).unwrap(), TextEnd::Token(49_407));
        assert!(of(vec![1, 2].into()).is_err() && of((-1).into()).is_err());
    }
}
