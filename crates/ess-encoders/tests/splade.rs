//! A published SPLADE model against sentence-transformers. Its folder comes from the variable ESS_SPLADE_DIR;
//! fetch_splade.sh downloads it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use ess_core::{Encoding, QueryEncoder};
use ess_encoders::SparseEncoder;
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    max_seq_length: usize,
    texts: Vec<String>,
    vectors: Vec<Vec<(u32, f32)>>,
}

#[test]
#[ignore = "needs a published model in ESS_SPLADE_DIR"]
fn scifact_texts_agree_with_sentence_transformers() {
    let folder =
        std::env::var_os("ESS_SPLADE_DIR").expect("ESS_SPLADE_DIR: the folder that fetch_splade.sh prints");
    let golden: Golden = serde_json::from_str(include_str!("golden/splade.json")).unwrap();
    let texts: Vec<_> = golden.texts.iter().map(String::as_str).collect();
    let encoder = SparseEncoder::load(folder).unwrap();
    assert_eq!(encoder.dim(), 30522);
    let encoder = encoder.with_max_tokens(golden.max_seq_length).unwrap();
    let (queries, items) = (encoder.encode_queries(&texts).unwrap(), encoder.encode_items(&texts).unwrap());
    assert_eq!(queries, items, "the model has no prompts");
    let mut furthest = 0.0_f32;
    for (row, expected) in golden.vectors.iter().enumerate() {
        let mut all = vec![0.0; items.dim()];
        items.row(row).for_each(|(term, value)| all[term as usize] += value);
        expected.iter().for_each(|(term, value)| all[*term as usize] -= value);
        furthest = all.iter().fold(furthest, |furthest, value| furthest.max(value.abs()));
    }
    assert_eq!(items.rows(), golden.vectors.len());
    assert!(furthest <= 1e-4, "{furthest} from the reference");
    // A text has its own words, and others beside them.
    let terms = encoder.terms();
    let text = encoder.encode_queries(&["a heart attack"]).unwrap();
    let found: Vec<_> = text.row(0).filter_map(|(term, _)| terms[term as usize].as_deref()).collect();
    assert!(found.contains(&"heart") && found.contains(&"attack"), "{found:?}");
    assert!(found.len() > 5, "{found:?}");
}
