//! Long texts in passages.

use std::ops::Range;

use ess_core::Error;
use serde::{Deserialize, Serialize};
use unicode_segmentation::UnicodeSegmentation;

/// Cuts a text into passages of about a sentence: each can be encoded by itself, so that a query that asks for one sentence
/// of a text finds it.
///
/// Sentences end where [Unicode Standard Annex 29](https://www.unicode.org/reports/tr29/#Sentence_Boundaries) says, and after
/// every word with a full stop, a question or an exclamation mark at its end, since many collections are in lower case. One
/// of too many words is cut into equal parts; one of too few, as after an abbreviation, is joined with the one before it,
/// where that is not full.
///
/// ```
/// use ess_encoders::PassageSplitter;
///
/// let text = "Tides come and go twice a day. Yes. The moon pulls at the water below it.";
/// let passages = PassageSplitter { max_words: 10, min_words: 3 }.split(text);
/// assert_eq!(passages, ["Tides come and go twice a day. Yes.", "The moon pulls at the water below it."]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PassageSplitter {
    /// Words of a passage at most, but for fewer than `min_words` that are joined to it. Default: 40.
    #[serde(alias = "most_words")]
    pub max_words: usize,
    /// Words of a passage at least, unless the one before it is full. At most `max_words`. Default: 6.
    #[serde(alias = "fewest_words")]
    pub min_words: usize,
}

impl Default for PassageSplitter {
    fn default() -> Self {
        Self { max_words: 40, min_words: 6 }
    }
}

impl PassageSplitter {
    /// Refuses settings that cut nothing.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] naming the setting.
    pub fn check(&self) -> Result<(), Error> {
        let refuse = |name, expected, found: usize| {
            Err(Error::InvalidParameter { name, expected, found: found.to_string() })
        };
        match *self {
            Self { max_words: 0, .. } => refuse("max_words", "at least 1", 0),
            Self { max_words, min_words } if min_words > max_words => {
                refuse("min_words", "at most max_words", min_words)
            }
            _ => Ok(()),
        }
    }

    /// The passages of a text in order: all its words, without the space around them. None of a text without words.
    pub fn split<'t>(&self, text: &'t str) -> Vec<&'t str> {
        self.ranges(text).into_iter().map(|range| &text[range]).collect()
    }

    /// Where the passages of [`PassageSplitter::split`] are in the text, in bytes.
    pub fn ranges(&self, text: &str) -> Vec<Range<usize>> {
        let mut passages: Vec<(Range<usize>, usize)> = Vec::new();
        for words in sentences(text) {
            let parts = words.len().div_ceil(self.max_words.max(1));
            for part in 0..parts {
                let cut = |part: usize| part * words.len() / parts;
                let (first, end) = (cut(part), cut(part + 1));
                let (range, count) = (words[first].start..words[end - 1].end, end - first);
                match passages.last_mut() {
                    Some((last, words)) if self.joins(*words, count) => {
                        last.end = range.end;
                        *words += count;
                    }
                    _ => passages.push((range, count)),
                }
            }
        }
        passages.into_iter().map(|(range, _)| range).collect()
    }

    fn joins(&self, words: usize, more: usize) -> bool {
        let few = |words| words < self.min_words;
        (few(words) || few(more)) && words + more < self.max_words + self.min_words
    }
}

/// Where the words of each sentence are in a text.
fn sentences(text: &str) -> Vec<Vec<Range<usize>>> {
    let mut sentences = Vec::new();
    for part in text.split_sentence_bounds() {
        let mut words = Vec::new();
        for word in part.split_whitespace() {
            let start = word.as_ptr() as usize - text.as_ptr() as usize;
            words.push(start..start + word.len());
            if word.ends_with(['.', '?', '!']) {
                sentences.push(std::mem::take(&mut words));
            }
        }
        sentences.push(words);
    }
    sentences
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn settings_that_cut_nothing_are_refused() {
        assert!(PassageSplitter::default().check().is_ok());
        assert!(PassageSplitter { max_words: 0, min_words: 0 }.check().is_err());
        assert!(PassageSplitter { max_words: 3, min_words: 4 }.check().is_err());
    }

    proptest! {
        #[test]
        fn no_word_is_lost_and_no_passage_is_too_long(
            text in r"([a-zA-Zäß]{1,8}[.?!]?[ \n]){0,80}", max_words in 1_usize..12, fewest in 0_usize..12,
        ) {
            let splitter = PassageSplitter { max_words, min_words: fewest.min(max_words) };
            let passages = splitter.split(&text);
            let words: Vec<&str> = passages.iter().flat_map(|passage| passage.split_whitespace()).collect();
            prop_assert_eq!(words, text.split_whitespace().collect::<Vec<_>>());
            let counts = passages.iter().map(|passage| passage.split_whitespace().count());
            let counts: Vec<usize> = counts.collect();
            let limit = max_words + splitter.min_words.max(1);
            prop_assert!(counts.iter().all(|&count| count < limit), "{counts:?}");
            for pair in counts.windows(2) {
                let long = pair.iter().all(|&count| count >= splitter.min_words);
                prop_assert!(long || pair[0] + pair[1] >= limit - 1, "{counts:?}");
            }
        }
    }
}
