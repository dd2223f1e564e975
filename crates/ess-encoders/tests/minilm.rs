//! The published all-MiniLM-L6-v2 against sentence-transformers. The model's folder comes from the variable
//! ESS_MINILM_DIR; fetch_minilm.sh downloads it.

use ess_core::ItemEncoder;
use ess_encoders::SentenceEncoder;
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    texts: Vec<String>,
    embeddings: Vec<Vec<f32>>,
}

#[test]
fn scifact_texts_agree_with_sentence_transformers() {
    let folder =
        std::env::var_os("ESS_MINILM_DIR").expect("ESS_MINILM_DIR: the folder that fetch_minilm.sh prints");
    let golden: Golden = serde_json::from_str(include_str!("golden/minilm.json")).unwrap();
    let texts: Vec<_> = golden.texts.iter().map(String::as_str).collect();
    let found = SentenceEncoder::load(folder).unwrap().encode_items(&texts).unwrap();
    assert_eq!(found.len(), golden.embeddings.len());
    for (text, (found, expected)) in found.rows().zip(&golden.embeddings).enumerate() {
        let furthest = found.iter().zip(expected).map(|(f, e)| (f - e).abs()).fold(0.0, f32::max);
        let cosine: f32 = found.iter().zip(expected).map(|(f, e)| f * e).sum();
        assert!(furthest <= 1e-4, "text {text}: {furthest} from the reference");
        assert!(cosine >= 0.99999, "text {text}: cosine {cosine}");
    }
}
