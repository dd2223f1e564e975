#![no_main]
//! Texts in every language that BM25 knows.

use ess_lexical::{Language, TextAnalyzer};
use libfuzzer_sys::fuzz_target;

const LANGUAGES: [Language; 18] = [
    Language::Arabic,
    Language::Danish,
    Language::Dutch,
    Language::English,
    Language::Finnish,
    Language::French,
    Language::German,
    Language::Greek,
    Language::Hungarian,
    Language::Italian,
    Language::Norwegian,
    Language::Portuguese,
    Language::Romanian,
    Language::Russian,
    Language::Spanish,
    Language::Swedish,
    Language::Tamil,
    Language::Turkish,
];

fuzz_target!(|text: &str| {
    for language in LANGUAGES {
        let terms = TextAnalyzer::new(language).terms(text);
        assert!(terms.iter().all(|term| !term.is_empty()));
    }
});
