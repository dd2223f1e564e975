//! The terms of a collection by number.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::{analyzer::TextAnalyzer, texts::Texts, words::words};

/// Numbers of words.
pub(super) type Numbers<N> = HashMap<Box<str>, N, RandomState>;

/// Terms by number, which is their order byte by byte, and the term of words that were met, so that none is stemmed again.
#[derive(Default)]
pub(super) struct Vocabulary {
    terms: Texts,
    /// The number of each word's term, `None` for a stop word. One that was read from a file has none.
    words: Numbers<Option<u32>>,
}

impl Vocabulary {
    /// Terms that ascend byte by byte.
    pub(super) fn new(terms: Texts, words: Numbers<Option<u32>>) -> Self {
        Self { terms, words }
    }

    /// The number of terms.
    pub(super) fn len(&self) -> usize {
        self.terms.len()
    }

    /// The terms in their order.
    pub(super) fn terms(&self) -> &Texts {
        &self.terms
    }

    /// Calls `each` for every term of a text, in order: with its number, or `None` when it is not of this vocabulary.
    pub(super) fn look_up(
        &self,
        analyzer: &TextAnalyzer,
        text: &str,
        scratch: &mut String,
        mut each: impl FnMut(Option<u32>),
    ) {
        words(text, scratch, |word| match self.words.get(word) {
            Some(&number) => number.map(Some).into_iter().for_each(&mut each),
            None => {
                let term = analyzer.term(word);
                let number = |term: String| self.terms.find(&term).map(|number| number as u32);
                term.map(number).into_iter().for_each(&mut each);
            }
        });
    }
}
