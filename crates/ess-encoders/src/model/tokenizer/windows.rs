//! Long texts in windows of tokens that overlap.

use std::ops::Range;

use tokenizers::Encoding;

/// Some of a text's tokens, with the special ones that every text has, as the model reads them.
pub(crate) struct Window<T> {
    pub(crate) tokens: T,
    /// The tokens that count for the text: of those in two windows, each window has the half that is farther from its edge;
    /// special tokens count where the text begins and ends.
    pub(crate) kept: Range<usize>,
    /// Where each kept token ends in the text, in bytes; 0 of special tokens before it, `usize::MAX` of those behind it.
    pub(crate) ends: Vec<usize>,
}

/// Cuts a whole encoding into windows of at most `longest` tokens, special ones counted, that have `overlap` tokens in common.
pub(super) fn windows_of<T, E>(
    encoding: &Encoding,
    longest: usize,
    overlap: usize,
    tokens: impl Fn(Vec<u32>, Vec<u32>) -> Result<T, E>,
) -> Result<Vec<Window<T>>, E> {
    let text = text_tokens(encoding);
    let (before, behind) = (text.start, encoding.len() - text.end);
    let size = longest.saturating_sub(before + behind).max(overlap + 1);
    let whole = |values: &[u32], part: &Range<usize>| {
        [&values[..before], &values[part.clone()], &values[text.end..]].concat()
    };
    let window = |part: Range<usize>| {
        let (is_first, is_last) = (part.start == text.start, part.end == text.end);
        let start = if is_first { 0 } else { before + overlap / 2 };
        let end = match is_last {
            true => before + part.len() + behind,
            false => before + part.len() - (overlap - overlap / 2),
        };
        let end_of = |position: usize| match position.checked_sub(before) {
            None => 0,
            Some(position) if position >= part.len() => usize::MAX,
            Some(position) => encoding.get_offsets()[part.start + position].1,
        };
        let ends = (start..end).map(end_of).collect();
        let tokens = tokens(whole(encoding.get_ids(), &part), whole(encoding.get_type_ids(), &part))?;
        Ok(Window { tokens, kept: start..end, ends })
    };
    parts(&text, size, overlap).into_iter().map(window).collect()
}

/// The parts of the tokens of a text, each of `size` but the last.
fn parts(text: &Range<usize>, size: usize, overlap: usize) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut start = text.start;
    loop {
        let end = text.end.min(start.saturating_add(size));
        parts.push(start..end);
        if end == text.end {
            return parts;
        }
        start = end - overlap;
    }
}

/// The tokens between the special ones.
fn text_tokens(encoding: &Encoding) -> Range<usize> {
    let special = encoding.get_special_tokens_mask();
    let start = special.iter().take_while(|mask| **mask == 1).count();
    let behind = special[start..].iter().rev().take_while(|mask| **mask == 1).count();
    start..special.len() - behind
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::parts;

    proptest! {
        #[test]
        fn windows_overlap_and_reach_the_end(start in 0_usize..3, len in 0_usize..90, overlap in 0_usize..9, more in 1_usize..20) {
            let text = start..start + len;
            let parts = parts(&text, overlap + more, overlap);
            prop_assert_eq!((parts[0].start, parts[parts.len() - 1].end), (text.start, text.end));
            prop_assert!(parts.iter().all(|part| part.len() <= overlap + more));
            for pair in parts.windows(2) {
                prop_assert_eq!(pair[0].end - overlap, pair[1].start);
                prop_assert!(pair[0].start < pair[1].start && pair[0].end < pair[1].end);
            }
        }
    }
}
