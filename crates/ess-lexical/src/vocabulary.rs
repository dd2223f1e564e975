//! The terms of a collection by number, and which words become them.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::{analyzer::TextAnalyzer, words::words};

type Numbers<N> = HashMap<Box<str>, N, RandomState>;

/// Terms by number, and the term of every word that was met, so that each word is stemmed once.
#[derive(Default)]
pub(super) struct Vocabulary {
    /// The number of each term.
    terms: Numbers<u32>,
    /// The number of each word's term, `None` for a stop word.
    words: Numbers<Option<u32>>,
}

impl Vocabulary {
    /// The number of terms.
    pub(super) fn len(&self) -> usize {
        self.terms.len()
    }

    /// Calls `each` with the number of every term of a text, in order; terms that are new get the next numbers.
    ///
    /// # Panics
    /// For 2³² different terms.
    pub(super) fn learn(
        &mut self,
        analyzer: &TextAnalyzer,
        text: &str,
        scratch: &mut String,
        mut each: impl FnMut(u32),
    ) {
        words(text, scratch, |word| {
            let number = match self.words.get(word) {
                Some(&number) => number,
                None => self.learn_word(analyzer, word),
            };
            number.into_iter().for_each(&mut each);
        });
    }

    fn learn_word(&mut self, analyzer: &TextAnalyzer, word: &str) -> Option<u32> {
        let number = analyzer.term(word).map(|term| {
            let next = u32::try_from(self.terms.len()).expect("fewer than 2^32 terms");
            *self.terms.entry(term.into()).or_insert(next)
        });
        self.words.insert(word.into(), number);
        number
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
                term.map(|term| self.terms.get(&*term).copied()).into_iter().for_each(&mut each);
            }
        });
    }

    /// One vocabulary of all terms, numbered in their order (byte by byte), and for each of the vocabularies the new
    /// number of each of its terms.
    pub(super) fn merge(parts: Vec<Self>) -> (Self, Vec<Vec<u32>>) {
        let mut numbers: Vec<Vec<u32>> = parts.iter().map(|part| vec![0; part.len()]).collect();
        let mut terms = Vec::new();
        for (part, vocabulary) in parts.iter().enumerate() {
            terms.extend(vocabulary.terms.iter().map(|(term, &number)| (&**term, part, number)));
        }
        terms.sort_unstable();
        let mut distinct = 0;
        for (at, &(term, part, number)) in terms.iter().enumerate() {
            distinct += u32::from(at == 0 || terms[at - 1].0 != term);
            numbers[part][number as usize] = distinct - 1;
        }
        let mut merged = Self::default();
        for (vocabulary, numbers) in parts.into_iter().zip(&numbers) {
            let new = |number: u32| numbers[number as usize];
            extend(&mut merged.terms, vocabulary.terms, |number| *number = new(*number));
            extend(&mut merged.words, vocabulary.words, |number| *number = number.map(new));
        }
        (merged, numbers)
    }
}

/// Moves entries; the first come without being hashed again.
fn extend<N>(into: &mut Numbers<N>, mut from: Numbers<N>, renumber: impl Fn(&mut N)) {
    from.values_mut().for_each(renumber);
    if into.is_empty() { *into = from } else { into.extend(from) }
}
