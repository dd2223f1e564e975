//! Several tokenized texts in one run of tokens, without padding.

use crate::model::TokenIds;

/// The tokens of `n` texts one after another, `T` in all.
#[derive(Clone, Debug, Default)]
pub(crate) struct TokenBatch {
    pub(crate) ids: Vec<u32>,
    /// The row of the token type table for each token.
    pub(crate) types: Vec<u32>,
    /// The place of each token in its own text, from 0.
    pub(crate) places: Vec<u32>,
    /// Where each text starts, and where the last one ends: `n + 1` numbers.
    pub(crate) starts: Vec<usize>,
}

impl TokenBatch {
    pub(crate) fn new<'t>(texts: impl IntoIterator<Item = &'t TokenIds>) -> Self {
        let mut batch = Self { starts: vec![0], ..Self::default() };
        for text in texts {
            batch.ids.extend_from_slice(&text.ids);
            batch.types.extend_from_slice(&text.types);
            batch.places.extend(0..text.ids.len() as u32);
            batch.starts.push(batch.ids.len());
        }
        batch
    }

    /// Texts of which only the lengths are known: for layers behind the tables.
    pub(crate) fn of_lengths(lengths: impl IntoIterator<Item = usize>) -> Self {
        let mut batch = Self { starts: vec![0], ..Self::default() };
        for length in lengths {
            batch.starts.push(batch.tokens() + length);
        }
        batch
    }

    /// The number of tokens, `T`.
    pub(crate) fn tokens(&self) -> usize {
        *self.starts.last().unwrap_or(&0)
    }

    /// The number of texts, `n`.
    pub(crate) fn texts(&self) -> usize {
        self.starts.len() - 1
    }

    /// The tokens of each text, as ranges of `0..T`.
    pub(crate) fn ranges(&self) -> impl ExactSizeIterator<Item = std::ops::Range<usize>> {
        self.starts.windows(2).map(|pair| pair[0]..pair[1])
    }

    /// The tokens of the longest text.
    pub(crate) fn longest(&self) -> usize {
        self.ranges().map(|range| range.len()).max().unwrap_or(0)
    }
}
