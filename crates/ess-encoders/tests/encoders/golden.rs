//! Every architecture and pooling against sentence-transformers: see golden/make_tiny_models.py.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use burn::tensor::Device;
use ess_core::{Embeddings, Encoding, ItemEncoder, QueryEncoder};
use ess_encoders::{
    CrossEncoder, Error, LayerEncoder, MergedEncoder, SentenceEncoder, StaticEncoder, TokenEncoder,
    TwoTowerEncoder,
};
use serde::{Deserialize, de::DeserializeOwned};

#[derive(Deserialize)]
struct Golden {
    texts: Vec<String>,
    queries: Vec<Vec<f32>>,
    items: Vec<Vec<f32>>,
    /// The states of the first text's tokens without a prompt, layer by layer.
    states: Option<Vec<Vec<Vec<f32>>>>,
}

#[derive(Deserialize)]
struct GoldenScores {
    query: String,
    items: Vec<String>,
    scores: Vec<f32>,
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/tiny").join(name)
}

fn golden<T: DeserializeOwned>(name: &str) -> T {
    serde_json::from_slice(&std::fs::read(folder(name).join("golden.json")).unwrap()).unwrap()
}

fn furthest(found: &[f32], expected: &[f32]) -> f32 {
    assert_eq!(found.len(), expected.len());
    found.iter().zip(expected).map(|(f, e)| (f - e).abs()).fold(0.0, f32::max)
}

fn assert_close(name: &str, found: &Embeddings, expected: &[Vec<f32>]) {
    assert_eq!(found.len(), expected.len(), "{name}");
    for (text, (found, expected)) in found.rows().zip(expected).enumerate() {
        let furthest = furthest(found, expected);
        assert!(furthest < 2e-5, "{name}, text {text}: {furthest} from the golden embedding");
    }
}

fn agrees<E>(name: &str, encoders: [E; 2])
where
    E: QueryEncoder<Query = str, Encoding = Embeddings> + ItemEncoder<Item = str>,
{
    let golden: Golden = golden(name);
    let texts: Vec<_> = golden.texts.iter().map(String::as_str).collect();
    for (place, encoder) in ["host", "device"].into_iter().zip(encoders) {
        let queries = encoder.encode_queries(&texts).unwrap();
        assert_close(&format!("{name} queries on the {place}"), &queries, &golden.queries);
        let items = encoder.encode_items(&texts).unwrap();
        assert_close(&format!("{name} items on the {place}"), &items, &golden.items);
    }
}

fn sentence_encoder_agrees(name: &str) {
    let on_device = SentenceEncoder::load_on(folder(name), &Device::flex()).unwrap();
    agrees(name, [SentenceEncoder::load(folder(name)).unwrap(), on_device]);
}

#[test]
fn bert_in_f16_with_prompts_and_mean_pooling() {
    sentence_encoder_agrees("bert");
}

#[test]
fn roberta_in_shards_with_cls_pooling() {
    sentence_encoder_agrees("roberta");
}

#[test]
fn xlm_roberta_with_three_poolings_dense_layer_norm_and_prompts() {
    sentence_encoder_agrees("xlm-roberta");
}

#[test]
fn distilbert_in_bf16_with_two_poolings_that_leave_out_the_prompt() {
    sentence_encoder_agrees("distilbert");
}

#[test]
fn mpnet_with_relative_positions_beyond_the_logarithmic_range() {
    sentence_encoder_agrees("mpnet");
}

#[test]
fn a_router_with_one_transformer_for_queries_and_another_for_items() {
    let on_device = TwoTowerEncoder::load_on(folder("router"), &Device::flex()).unwrap();
    agrees("router", [TwoTowerEncoder::load(folder("router")).unwrap(), on_device]);
}

#[test]
fn a_cross_encoder_with_pairs_that_are_too_long() {
    let golden: GoldenScores = golden("cross-encoder");
    let items: Vec<_> = golden.items.iter().map(String::as_str).collect();
    let on_device = CrossEncoder::load_on(folder("cross-encoder"), &Device::flex()).unwrap();
    for encoder in [CrossEncoder::load(folder("cross-encoder")).unwrap(), on_device] {
        let scores = encoder.scores(&golden.query, &items).unwrap();
        assert!(furthest(&scores, &golden.scores) < 5e-5, "{scores:?}, expected {:?}", golden.scores);
        assert!(encoder.scores(&golden.query, &[]).is_err());
    }
}

// The model has a query prompt, which the golden states are without: no prompt is the same as an empty item prompt.
fn bert_without_prompts() -> (tempfile::TempDir, Arc<SentenceEncoder>) {
    let copy = tempfile::tempdir().unwrap();
    for file in ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"] {
        std::fs::copy(folder("bert").join(file), copy.path().join(file)).unwrap();
    }
    let encoder = SentenceEncoder::load(copy.path()).unwrap();
    (copy, Arc::new(encoder))
}

#[test]
fn token_states_of_every_layer() {
    let golden: Golden = golden("bert");
    let (_folder, encoder) = bert_without_prompts();
    let texts = ["a", golden.texts[0].as_str(), ""];
    for (layer, expected) in golden.states.unwrap().into_iter().enumerate() {
        let states = TokenEncoder::new(encoder.clone(), layer).unwrap().encode_queries(&texts).unwrap();
        assert_eq!((states.rows(), states.tokens(1)), (3, expected.len()));
        assert!(furthest(states.states(1), &expected.concat()) < 2e-4, "layer {layer}");
        assert_eq!(states.embeddings(), &encoder.encode_queries(&texts).unwrap());
        let (padded, mask) = states.padded();
        assert_eq!((padded.dim(), mask.dim()), ((3, expected.len(), 32), (3, expected.len())));
        assert_eq!(
            mask.iter().filter(|is_token| **is_token).count(),
            (0..3).map(|row| states.tokens(row)).sum::<usize>()
        );
        assert_eq!(padded[[0, states.tokens(0), 0]], 0.0);
        assert_eq!(states.select_rows(&[1]).unwrap().states(0), states.states(1));
    }
    assert!(TokenEncoder::new(encoder, 3).is_err());
}

#[test]
fn layer_poolings_follow_the_sentence_embedding() {
    let golden: Golden = golden("bert");
    let (_folder, encoder) = bert_without_prompts();
    let rich = LayerEncoder::new(encoder.clone(), vec![0, 2]).unwrap();
    let texts = [golden.texts[0].as_str(), "a"];
    let found = rich.encode_queries(&texts).unwrap();
    assert_eq!((rich.dim(), found.dim()), (96, 96));
    assert_eq!(&found.row(0)[..32], encoder.encode_queries(&texts).unwrap().row(0));
    let states = golden.states.unwrap();
    for (at, layer) in [0, 2].into_iter().enumerate() {
        let tokens = states[layer].len() as f32;
        let mean: Vec<f32> =
            (0..32).map(|i| states[layer].iter().map(|token| token[i]).sum::<f32>() / tokens).collect();
        assert!(furthest(&found.row(0)[32 * (at + 1)..32 * (at + 2)], &mean) < 2e-4, "layer {layer}");
    }
    assert!(LayerEncoder::new(encoder, vec![3]).is_err());
}

#[test]
fn an_encoder_split_at_any_layer_and_merged_again_is_the_same() {
    for name in ["bert", "xlm-roberta", "distilbert", "mpnet"] {
        let golden: Golden = golden(name);
        let texts: Vec<_> = golden.texts.iter().map(String::as_str).collect();
        let on_device = SentenceEncoder::load_on(folder(name), &Device::flex()).unwrap();
        for encoder in [SentenceEncoder::load(folder(name)).unwrap(), on_device].map(Arc::new) {
            for layer in 0..=encoder.layers() {
                let (lower, upper) = encoder.split(layer, &Device::flex()).unwrap();
                let merged = MergedEncoder::new(lower, upper);
                assert_eq!(merged.dim(), QueryEncoder::dim(&encoder));
                let found = merged.encode_queries(&texts).unwrap();
                assert_close(&format!("{name} split at {layer}"), &found, &golden.queries);
            }
            assert!(encoder.split(encoder.layers() + 1, &Device::flex()).is_err());
        }
    }
}

#[derive(Deserialize)]
struct GoldenStatic {
    texts: Vec<String>,
    embeddings: Vec<Vec<f32>>,
}

#[test]
fn a_static_model_with_token_weights() {
    let golden: GoldenStatic = golden("static");
    let texts: Vec<_> = golden.texts.iter().map(String::as_str).collect();
    let encoder = StaticEncoder::load(folder("static")).unwrap();
    assert_close("static", &encoder.encode_items(&texts).unwrap(), &golden.embeddings);
    assert!(matches!(StaticEncoder::load(folder("bert")), Err(Error::MissingTensor { .. })));
}
