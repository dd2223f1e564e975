//! Building an index of token vectors.

use ess_core::TokenStates;
use serde::{Deserialize, Serialize};

use super::{builder::CompressedTokensBuilder, index::TokenIndex, settings::TokenSearch};
use crate::{error::Error, progress::Progress};

/// The settings with which a [`TokenIndex`] is built.
///
/// ```
/// use ess_index::{CompressedTokensBuilder, TokenIndexBuilder};
///
/// let builder: TokenIndexBuilder = serde_json::from_str(r#"{"tokens": {"bits": 4}, "search": {"nprobe": 8}}"#)?;
/// assert_eq!((builder.tokens.bits, builder.search.candidates), (4, 256));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TokenIndexBuilder {
    /// How tokens are compressed.
    pub tokens: CompressedTokensBuilder,
    /// How the index is searched, unless a search says otherwise.
    pub search: TokenSearch,
}

impl TokenIndexBuilder {
    /// Indexes the tokens of items, without those of the encoder's prompt; items get the rows `0..m`. The same items, settings
    /// and seed give the same index in any number of threads.
    ///
    /// # Errors
    /// Those of [`CompressedTokensBuilder::build`] and of [`TokenIndex::new`].
    pub fn build(&self, items: &TokenStates, progress: Progress) -> Result<TokenIndex, Error> {
        self.search.check()?;
        TokenIndex::new(self.tokens.build(items, progress)?, self.search)
    }
}
