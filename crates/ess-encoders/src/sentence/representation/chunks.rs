//! Passages of a text, pooled from its token states.

use std::ops::Range;

use ess_core::Error as CoreError;

use super::kind::TextStates;
use crate::{
    error::Error,
    passage_splitter::PassageSplitter,
    sentence::{encoder::SentenceEncoder, pooling::PoolingMode},
};

/// The splitter into passages of so many words at most.
pub(super) fn splitter(max_words: Option<usize>) -> PassageSplitter {
    let default = PassageSplitter::default();
    let max_words = max_words.unwrap_or(default.max_words);
    PassageSplitter { max_words, min_words: default.min_words.min(max_words) }
}

pub(super) fn default_overlap(model: &SentenceEncoder) -> usize {
    model.max_tokens() / 4
}

/// Refuses windows that hardly get on.
pub(super) fn check_overlap(overlap: usize, model: &SentenceEncoder) -> Result<(), Error> {
    let most = model.max_tokens() / 2;
    if overlap < most {
        return Ok(());
    }
    let (name, expected) = ("overlap", "less than half of the tokens that the model reads");
    let found = format!("{overlap} of {}", model.max_tokens());
    Err(CoreError::InvalidParameter { name, expected, found }.into())
}

/// Refuses models whose vector is the state of one token: of most passages it is not there.
pub(super) fn check_poolings(model: &SentenceEncoder) -> Result<(), Error> {
    let one_token = |mode: &&PoolingMode| matches!(mode, PoolingMode::Cls | PoolingMode::LastToken);
    match model.poolings().iter().find(one_token) {
        None => Ok(()),
        Some(mode) => {
            let (name, expected) = ("late_chunks", "a model that pools all tokens of a text");
            Err(CoreError::InvalidParameter { name, expected, found: format!("{mode:?}") }.into())
        }
    }
}

/// The pooled states of each passage, as the model pools; `None` for a passage without tokens. What stands before the first
/// passage is pooled with it, and special tokens with the passage beside them. Without a passage, that of all tokens.
pub(super) fn chunk_vectors(states: &TextStates<'_>, passages: &[Range<usize>]) -> Vec<Option<Vec<f32>>> {
    if passages.len() < 2 {
        return vec![Some(states.pooled())];
    }
    let dim = states.model.token_dim();
    let passage_of = |end: &usize| {
        let last_byte = end.saturating_sub(1);
        passages.partition_point(|passage| passage.start <= last_byte).saturating_sub(1)
    };
    let mut rows: Vec<Vec<f32>> = vec![Vec::new(); passages.len()];
    for (token, end) in states.states.chunks_exact(dim).zip(states.ends) {
        rows[passage_of(end)].extend_from_slice(token);
    }
    let pooled = |(at, rows): (usize, &Vec<f32>)| {
        let skipped = if at == 0 { states.skipped } else { 0 };
        (!rows.is_empty()).then(|| states.model.pool(rows, skipped))
    };
    rows.iter().enumerate().map(pooled).collect()
}
