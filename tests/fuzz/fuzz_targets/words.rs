#![no_main]
//! Texts in every language that BM25 knows.

use ess_lexical::{Analyzer, Language};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for language in Language::ALL {
        let terms = Analyzer::new(language).terms(text);
        assert!(terms.iter().all(|term| !term.is_empty()));
    }
});
