//! Several tokenized texts in one run of tokens, without padding.

use crate::model::tokenizer::token_ids::TokenIds;

/// The tokens of `n` texts one after another, `T` in all.
#[derive(Clone, Debug, Default)]
pub(crate) struct TokenBatch {
    pub(crate) ids: Vec<u32>,
    /// The row of the token type table for each token.
    pub(crate) types: Vec<u32>,
    /// Where each text starts, and where the last one ends: `n + 1` offsets.
    pub(crate) starts: Vec<usize>,
    /// What is added to the rows of the tables, `T × e`, where there is more to a token than its id.
    pub(crate) added: Option<Vec<f32>>,
    /// How many tokens at the start of each text are attended to, where it is not all of them.
    pub(crate) attended: Option<Vec<usize>>,
}

impl TokenBatch {
    pub(crate) fn new<'t>(texts: impl IntoIterator<Item = &'t TokenIds>) -> Self {
        let mut batch = Self { starts: vec![0], ..Self::default() };
        for text in texts {
            batch.ids.extend_from_slice(&text.ids);
            batch.types.extend_from_slice(&text.types);
            batch.starts.push(batch.ids.len());
        }
        batch
    }

    /// Texts of which only the lengths are known: for layers behind the tables.
    #[cfg(feature = "split")]
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
    #[cfg(feature = "device")]
    pub(crate) fn texts(&self) -> usize {
        self.starts.len() - 1
    }

    /// The tokens of each text, as ranges of `0..T`.
    pub(crate) fn ranges(&self) -> impl ExactSizeIterator<Item = std::ops::Range<usize>> {
        self.starts.windows(2).map(|pair| pair[0]..pair[1])
    }

    /// The tokens of each text, as ranges of `0..T`, and how many of them, at its start, are attended to.
    pub(crate) fn attended_ranges(&self) -> impl Iterator<Item = (std::ops::Range<usize>, usize)> {
        self.ranges().enumerate().map(|(text, range)| {
            let length = range.len();
            let attended = self.attended.as_ref().map_or(length, |attended| attended[text].min(length));
            (range, attended)
        })
    }

    /// The row of the position table for each token.
    ///
    /// Without a `padding` id tokens are numbered from 0. With one they are numbered from the row behind it; the padding
    /// token itself, where a text holds it, stands at its own row and does not count, as in RoBERTa and MPNet.
    pub(crate) fn positions(&self, padding: Option<u32>) -> Vec<u32> {
        let mut positions = Vec::with_capacity(self.tokens());
        for range in self.ranges() {
            match padding {
                None => positions.extend(0..range.len() as u32),
                Some(padding) => {
                    let mut last = padding;
                    positions.extend(self.ids[range].iter().map(|&id| {
                        last += u32::from(id != padding);
                        if id == padding { padding } else { last }
                    }));
                }
            }
        }
        positions
    }

    /// The tokens of the longest text.
    pub(crate) fn longest(&self) -> usize {
        self.ranges().map(|range| range.len()).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_padding_token_in_a_text_has_its_own_position_and_does_not_count() {
        let text = |ids: &[u32]| TokenIds { ids: ids.to_vec(), types: vec![0; ids.len()] };
        let batch = TokenBatch::new(&[text(&[0, 9, 1, 8, 2]), text(&[]), text(&[7, 2])]);
        assert_eq!(batch.positions(None), [0, 1, 2, 3, 4, 0, 1]);
        assert_eq!(batch.positions(Some(1)), [2, 3, 1, 4, 5, 2, 3]);
    }
}
