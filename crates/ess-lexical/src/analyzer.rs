//! From a text to the terms that are counted.

use super::{
    language::Language,
    stemmer::{RULES, Stemmer},
    words::words,
};

// Lucene's set for English.
const ENGLISH_STOP_WORDS: [&str; 33] = [
    "a", "an", "and", "are", "as", "at", "be", "but", "by", "for", "if", "in", "into", "is", "it", "no",
    "not", "of", "on", "or", "such", "that", "the", "their", "then", "there", "these", "they", "this", "to",
    "was", "will", "with",
];

/// Lower-cases a text, cuts it into runs of letters, digits and underscores, drops those of one character and stop
/// words, and stems the rest. A word that a stemmer would leave nothing of keeps its form, and so does one of more than
/// 256 bytes, which is no word.
///
/// ```
/// use ess_lexical::{Language, TextAnalyzer};
///
/// let analyzer = TextAnalyzer::new(Language::English);
/// assert_eq!(analyzer.terms("The cats are running!"), ["cat", "run"]);
/// ```
pub struct TextAnalyzer {
    stemmer: Stemmer,
    stop_words: &'static [&'static str],
}

impl TextAnalyzer {
    /// The name of the rules that words are stemmed by. Under one name a word of a language has one stem; under another it may
    /// have another. Keep it beside what was learned from stems, and compare it when that is read.
    pub const RULES: &str = RULES;

    /// An analyzer for one language; only English has stop words.
    pub fn new(language: Language) -> Self {
        Self {
            stemmer: Stemmer::new(language),
            stop_words: if language == Language::English { &ENGLISH_STOP_WORDS } else { &[] },
        }
    }

    /// The terms of a text, in order, as often as they occur.
    pub fn terms(&self, text: &str) -> Vec<String> {
        let mut terms = Vec::new();
        words(text, &mut String::new(), |word| terms.extend(self.term(word)));
        terms
    }

    /// The term of a word as [`words`] gives it, or `None` for a stop word.
    pub(super) fn term(&self, word: &str) -> Option<String> {
        (!self.stop_words.contains(&word)).then(|| self.stemmer.stem(word))
    }
}
