//! Terms and words that are met for the first time.

use super::{
    analyzer::TextAnalyzer,
    texts::Texts,
    vocabulary::{Numbers, Vocabulary},
    words::words,
};

/// Terms by number as they are met, and the term of every word, so that each word is stemmed once.
#[derive(Default)]
pub(super) struct LearnedWords {
    /// The number of each term.
    terms: Numbers<u32>,
    /// The number of each word's term, `None` for a stop word.
    words: Numbers<Option<u32>>,
}

impl LearnedWords {
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

    /// One vocabulary of all terms, numbered in their order (byte by byte), and for each of the vocabularies the new
    /// number of each of its terms.
    pub(super) fn merge(parts: Vec<Self>) -> (Vocabulary, Vec<Vec<u32>>) {
        let mut numbers: Vec<Vec<u32>> = parts.iter().map(|part| vec![0; part.terms.len()]).collect();
        let mut terms = Vec::new();
        for (part, vocabulary) in parts.iter().enumerate() {
            terms.extend(vocabulary.terms.iter().map(|(term, &number)| (&**term, part, number)));
        }
        terms.sort_unstable();
        let mut distinct = Vec::new();
        for (at, &(term, part, number)) in terms.iter().enumerate() {
            if at == 0 || terms[at - 1].0 != term {
                distinct.push(term);
            }
            numbers[part][number as usize] = distinct.len() as u32 - 1;
        }
        let (terms, mut words) = (Texts::new(distinct), Numbers::default());
        for (part, numbers) in parts.into_iter().zip(&numbers) {
            extend(&mut words, part.words, |number| {
                *number = number.map(|number| numbers[number as usize]);
            });
        }
        (Vocabulary::new(terms, words), numbers)
    }
}

/// Moves entries; the first come without being hashed again.
fn extend<N>(into: &mut Numbers<N>, mut from: Numbers<N>, renumber: impl Fn(&mut N)) {
    from.values_mut().for_each(renumber);
    if into.is_empty() { *into = from } else { into.extend(from) }
}
