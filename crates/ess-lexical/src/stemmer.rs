//! From a word to its stem.

use super::language::Language;

/// The rules of all languages' stemmers: Snowball's of 2026, which is frostem's version without its last number.
pub(super) const RULES: &str = "Snowball 2.20261016";

/// The stemmer of one language.
pub(super) struct Stemmer(frostem::Stemmer);

/// Bytes of the longest word that is stemmed: stemmers take time that grows with the square of the length.
const MAX_BYTES: usize = 256;

impl Stemmer {
    pub(super) fn new(language: Language) -> Self {
        use frostem::Algorithm;
        let algorithm = match language {
            Language::Arabic => Algorithm::Arabic,
            Language::Danish => Algorithm::Danish,
            // What Snowball calls `dutch` is another algorithm by now, with other stems for 4 words in 10.
            Language::Dutch => Algorithm::DutchPorter,
            Language::English => Algorithm::English,
            Language::Finnish => Algorithm::Finnish,
            Language::French => Algorithm::French,
            Language::German => Algorithm::German,
            Language::Greek => Algorithm::Greek,
            Language::Hungarian => Algorithm::Hungarian,
            Language::Italian => Algorithm::Italian,
            Language::Norwegian => Algorithm::Norwegian,
            Language::Portuguese => Algorithm::Portuguese,
            Language::Romanian => Algorithm::Romanian,
            Language::Russian => Algorithm::Russian,
            Language::Spanish => Algorithm::Spanish,
            Language::Swedish => Algorithm::Swedish,
            Language::Tamil => Algorithm::Tamil,
            Language::Turkish => Algorithm::Turkish,
        };
        Self(frostem::Stemmer::new(algorithm))
    }

    /// The stem of a lower-cased word; the word itself where a stemmer leaves nothing of it.
    pub(super) fn stem(&self, word: &str) -> String {
        if word.len() > MAX_BYTES {
            return word.to_owned();
        }
        let stem = self.0.stem(word);
        match stem.is_empty() {
            true => word.to_owned(),
            false => stem.into_owned(),
        }
    }
}
