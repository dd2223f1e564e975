//! From a word to its stem.

use super::Language;

/// The stemmer of one language.
///
/// English has an implementation of its own: the other one follows changes that Snowball made to its English rules since
/// ("organ" and "organism" are apart there, "biologist" and "biology" together), so that weights learned and figures
/// measured with the older rules would no longer hold.
pub(super) enum Stemmer {
    English(rust_stemmers::Stemmer),
    Other(frostem::Stemmer),
}

/// Bytes of the longest word that is stemmed: stemmers take time that grows with the square of the length.
const LONGEST: usize = 256;

impl Stemmer {
    pub(super) fn new(language: Language) -> Self {
        use frostem::Algorithm;
        let algorithm = match language {
            Language::English => {
                return Self::English(rust_stemmers::Stemmer::create(rust_stemmers::Algorithm::English));
            }
            Language::Arabic => Algorithm::Arabic,
            Language::Danish => Algorithm::Danish,
            // What Snowball calls `dutch` is another algorithm by now, with other stems for 4 words in 10.
            Language::Dutch => Algorithm::DutchPorter,
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
        Self::Other(frostem::Stemmer::new(algorithm))
    }

    /// The stem of a lower-cased word; the word itself where a stemmer leaves nothing of it.
    pub(super) fn stem(&self, word: &str) -> String {
        if word.len() > LONGEST {
            return word.to_owned();
        }
        let stem = match self {
            Self::English(stemmer) => stemmer.stem(word),
            Self::Other(stemmer) => stemmer.stem(word),
        };
        match stem.is_empty() {
            true => word.to_owned(),
            false => stem.into_owned(),
        }
    }
}
