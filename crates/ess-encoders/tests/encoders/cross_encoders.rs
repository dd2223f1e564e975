//! Cross-encoders of every architecture against sentence-transformers (golden/make_cross_encoders.py), and what searches by them.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use burn::tensor::Device;
use ess_core::{Embeddings, Error as CoreError, ExactIndex, Hit, Identity, IndexSearcher, Searcher};
use ess_encoders::{CrossEncoder, CrossSearcher, Error, PairCut, QueryTexts};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
struct Golden {
    query: String,
    items: Vec<String>,
    scores: Vec<f32>,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/cross_encoders")
}

fn golden(name: &str) -> Golden {
    serde_json::from_slice(&std::fs::read(root().join(name).join("golden.json")).unwrap()).unwrap()
}

fn agrees(name: &str) {
    let Golden { query, items, scores } = golden(name);
    let items: Vec<_> = items.iter().map(String::as_str).collect();
    let folder = root().join(name);
    let spread =
        scores.iter().copied().fold(f32::MIN, f32::max) - scores.iter().copied().fold(f32::MAX, f32::min);
    assert!(spread > 0.01, "{name}: scores that tell nothing apart: {scores:?}");
    let on_device = CrossEncoder::load_on(&folder, &Device::flex()).unwrap();
    for encoder in [CrossEncoder::load(&folder).unwrap(), on_device] {
        let found = encoder.scores(&query, &items).unwrap();
        let furthest = found.iter().zip(&scores).map(|(f, e)| (f - e).abs()).fold(0.0, f32::max);
        assert!(furthest < 1e-4, "{name}: {found:?}, expected {scores:?}");
    }
}

#[test]
fn deberta_with_its_pooler() {
    agrees("deberta");
    agrees("deberta_relu");
}

#[test]
fn modernbert_with_its_head_on_the_first_token_and_on_the_mean() {
    agrees("modernbert");
    agrees("modernbert_mean");
}

#[test]
fn encoders_of_bert_s_kind() {
    ["electra", "albert", "distilbert", "xlm_roberta"].into_iter().for_each(agrees);
}

#[test]
fn decoders_that_read_the_last_token() {
    ["llama", "qwen3"].into_iter().for_each(agrees);
}

/// A copy of a model whose config.json was changed.
fn changed(name: &str, changes: Value) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for file in std::fs::read_dir(root().join(name)).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), copy.path().join(file.file_name())).unwrap();
    }
    let path = copy.path().join("config.json");
    let mut config: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    for (key, value) in changes.as_object().unwrap() {
        config[key] = value.clone();
    }
    std::fs::write(&path, config.to_string()).unwrap();
    copy
}

#[test]
fn what_a_head_says_and_is_not_known_is_refused() {
    let refused = |name: &str, changes: Value, expected: &str| {
        let error = CrossEncoder::load(changed(name, changes).path()).map(drop).unwrap_err();
        let named = matches!(&error, Error::Config { field, .. } if *field == expected);
        assert!(named || error.to_string().contains(expected), "{error}");
    };
    refused("modernbert", json!({"classifier_pooling": "max"}), "classifier_pooling");
    refused("modernbert", json!({"classifier_activation": "mish"}), "classifier_activation");
    refused("modernbert", json!({"classifier_bias": true}), "head.dense.bias");
    refused("deberta", json!({"pooler_hidden_act": "mish"}), "pooler_hidden_act");
}

#[test]
fn pairs_are_cut_to_so_many_tokens_within_the_model_s_positions() {
    let load = || CrossEncoder::load(root().join("deberta")).unwrap();
    let item = "deep risk the ".repeat(4);
    // A token of the query, three special ones, and five that are left for the item.
    let cut = load().with_max_tokens(9).unwrap().pair_scores_cut(&[("cat", &item)], PairCut::Item).unwrap();
    let whole = load();
    assert_eq!(cut, whole.pair_scores(&[("cat", "deep risk the deep risk")]).unwrap());
    assert_ne!(cut, whole.pair_scores(&[("cat", &item)]).unwrap());
    for tokens in [4, 65] {
        let error = load().with_max_tokens(tokens).map(drop).unwrap_err();
        let named = matches!(&error, Error::Core(CoreError::InvalidParameter { name: "max_tokens", .. }));
        assert!(named, "{tokens}: {error}");
    }
}

const WORDS: &str = "cat sat on mat in men ";

#[test]
fn a_query_stays_whole_where_the_item_can_be_cut() {
    let encoder = CrossEncoder::load(root().join("deberta")).unwrap();
    // 24 tokens, 3 of them special: as many of the item's as the query leaves.
    let (query, item) = (&WORDS.repeat(3)[..], "deep risk the heart attack of deep risk the heart");
    let cut = |cut| encoder.pair_scores_cut(&[(query, item)], cut).unwrap();
    let by_hand = encoder.pair_scores(&[(query, "deep risk the")]).unwrap();
    assert_eq!(cut(PairCut::Item), by_hand);
    assert_ne!(cut(PairCut::Longest), by_hand);
    // A query that fills the pair alone is cut at the longer of the two, and pairs beside it are not.
    let long = WORDS.repeat(9);
    let both = encoder.pair_scores_cut(&[(&long, item), (query, item)], PairCut::Item).unwrap();
    assert_eq!(both[0], encoder.pair_scores(&[(&long, item)]).unwrap()[0]);
    assert_eq!(both[1], by_hand[0]);
}

fn first_pass(items: usize) -> IndexSearcher<Identity, ExactIndex> {
    let rows: Vec<[f32; 2]> = (0..items).map(|item| [1.0 - item as f32 * 0.1, 1.0]).collect();
    let index = ExactIndex::new(Embeddings::from_rows(&rows).unwrap());
    IndexSearcher::new::<Embeddings>(Identity::new(2), index).unwrap()
}

fn queries(texts: &[&str]) -> QueryTexts<Embeddings> {
    let encoding = Embeddings::from_rows(&vec![[1.0, 0.0]; texts.len()]).unwrap();
    QueryTexts::new(encoding, texts.iter().map(|text| (*text).to_owned()).collect()).unwrap()
}

#[test]
fn the_best_of_a_first_pass_are_reordered_by_their_scores() {
    let Golden { query, items, .. } = golden("modernbert");
    let encoder = Arc::new(CrossEncoder::load(root().join("modernbert")).unwrap());
    let texts: Vec<_> = items.iter().map(String::as_str).collect();
    let scores = encoder.scores(&query, &texts).unwrap();
    let searcher = |depth| CrossSearcher::new(first_pass(items.len()), encoder.clone(), items.clone(), depth);

    let mut expected: Vec<_> =
        scores[..3].iter().enumerate().map(|(at, score)| Hit::new(at, *score)).collect();
    expected.sort_by(Hit::by_relevance);
    let found = searcher(3).unwrap().search(&queries(&[&query, "a cat"]), 2).unwrap();
    assert_eq!(found[0], expected[..2]);
    assert_eq!(found.len(), 2);
    assert_ne!(found[1], found[0]);
    // With every item in the first pass, the order is that of the scores alone.
    let all = searcher(1).unwrap().search(&queries(&[&query]), 99).unwrap();
    assert_eq!(all[0].len(), items.len());
    assert!(all[0].windows(2).all(|pair| pair[0].similarity >= pair[1].similarity));
    assert!(all[0].iter().all(|hit| hit.similarity == scores[hit.item]));
}

#[test]
fn searchers_that_do_not_fit_are_refused() {
    let encoder = Arc::new(CrossEncoder::load(root().join("electra")).unwrap());
    let searcher = |items: usize, depth| {
        CrossSearcher::new(first_pass(3), encoder.clone(), vec!["a cat".to_owned(); items], depth)
    };
    assert!(matches!(searcher(3, 0), Err(CoreError::InvalidParameter { name: "depth", .. })));
    assert!(matches!(searcher(0, 1), Err(CoreError::Empty { .. })));
    let few = searcher(2, 3).unwrap().search(&queries(&["a cat"]), 1);
    assert!(matches!(few, Err(CoreError::RowOutOfRange { row: 2, .. })), "{few:?}");
    let none = searcher(3, 3).unwrap().search(&queries(&["a cat"]), 0);
    assert!(matches!(none, Err(CoreError::KOutOfRange { .. })));
    let texts = QueryTexts::new(Embeddings::from_rows(&[[1.0, 0.0]]).unwrap(), Vec::new());
    assert!(matches!(texts, Err(CoreError::LengthMismatch { .. })));
}
