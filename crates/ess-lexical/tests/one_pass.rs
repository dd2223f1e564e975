//! Fitting and encoding in one pass gives what two passes give, and both what the definition of BM25 gives to the bit.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use ess_core::QueryEncoder;
use ess_lexical::{Bm25Config, Bm25Encoder, Language, SparseVectors, TextAnalyzer};
use proptest::prelude::*;

/// Components, weights of terms and rows of items by the definition, with maps of strings.
fn plainly(texts: &[&str], config: Bm25Config) -> (Vec<f32>, SparseVectors) {
    let analyzer = TextAnalyzer::new(config.language);
    let counts = |text: &&str| {
        let mut counts = BTreeMap::<String, u32>::new();
        analyzer.terms(text).into_iter().for_each(|term| *counts.entry(term).or_default() += 1);
        counts
    };
    let counted: Vec<_> = texts.iter().map(counts).collect();
    let mut with = BTreeMap::<&str, usize>::new();
    counted.iter().flat_map(BTreeMap::keys).for_each(|term| *with.entry(term).or_default() += 1);
    let weight = |with: &usize| (1.0 + (texts.len() as f32 - *with as f32 + 0.5) / (*with as f32 + 0.5)).ln();
    let weights: Vec<f32> = with.values().map(weight).collect();
    let numbers: BTreeMap<&str, u32> = with.keys().copied().zip(0..).collect();
    let tokens: u32 = counted.iter().flat_map(BTreeMap::values).sum();
    let mean = (f64::from(tokens) / texts.len() as f64) as f32;
    let row = |counts: &BTreeMap<String, u32>| {
        let length: u32 = counts.values().sum();
        let saturation = config.k1 * (1.0 - config.b + config.b * length as f32 / mean);
        let value = |(term, count): (&String, &u32)| {
            let (number, count) = (numbers[&**term], *count as f32);
            (number, weights[number as usize] * count * (config.k1 + 1.0) / (count + saturation))
        };
        counts.iter().map(value).collect()
    };
    let rows: Vec<Vec<_>> = counted.iter().map(row).collect();
    let encoded = SparseVectors::new(weights.len(), &rows).unwrap();
    (weights, encoded)
}

fn check(texts: &[&str], config: Bm25Config, threads: usize) {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let (weights, expected) = plainly(texts, config);
    let (encoder, encoded) = pool.install(|| Bm25Encoder::fit_and_encode(texts, config)).unwrap();
    assert_eq!(encoder.term_weights(), weights);
    assert_eq!(encoded, expected);
    assert_eq!(encoder.encode_items(texts).unwrap(), expected);
    let other = ["unmet words und weitere", texts[0]];
    let two_calls = Bm25Encoder::fit(texts, config).unwrap();
    assert_eq!(two_calls.encode_items(&other).unwrap(), encoder.encode_items(&other).unwrap());
    assert_eq!(two_calls.encode_queries(&other).unwrap(), encoder.encode_queries(&other).unwrap());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn encodings_are_those_of_the_definition(
        texts in prop::collection::vec("([a-eA-E]{1,3}(ing|s|ed)?[ ,.-]){0,9}|.{0,20}", 1..20),
        german in any::<bool>(),
    ) {
        let mut texts: Vec<_> = texts.iter().map(String::as_str).collect();
        texts.push("running Häuser");
        let language = if german { Language::German } else { Language::English };
        check(&texts, Bm25Config { language, ..Bm25Config::default() }, 1);
    }
}

#[test]
fn encodings_do_not_hang_on_threads() {
    let texts: Vec<String> = (0..3000)
        .map(|i| format!("running {} and the words{} of {}s", i % 7, i % 501, i * i % 997))
        .collect();
    let texts: Vec<_> = texts.iter().map(String::as_str).collect();
    for threads in [1, 3] {
        check(&texts, Bm25Config::default(), threads);
    }
}
