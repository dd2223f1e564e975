//! The promises of ess-testing, and what they leave open: very long and strange texts, any number of threads.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use burn::tensor::Device;
use ess_core::{Embeddings, Identity, Ids, ItemEncoder};
use ess_encoders::{
    Bm25Config, Bm25Encoder, LayerEncoder, MergedEncoder, PrecomputedEncoder, Representation,
    RepresentationEncoder, SentenceEncoder, SparseEncoder, SparseVectors, TokenEncoder, TwoTowerEncoder,
};
use ess_testing::encoder::{item_encoder_conforms, query_encoder_conforms, query_encoder_conforms_with};

// Products of other shapes sum in another order.
const TOLERANCE: f32 = 1e-5;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/tiny").join(name)
}

fn with_texts(check: impl Fn(&[&str])) {
    let mut texts: Vec<_> =
        (0..30).map(|i| format!("risk {i} {}", "the quick brown fox ".repeat(i % 13))).collect();
    let very_long = "heart and risk of men ".repeat(6_000);
    texts.extend([String::new(), very_long, "\0\u{fffd}\u{10ffff} \u{200b}".to_owned()]);
    check(&texts.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn sentence_encoders() {
    for name in ["bert", "mpnet"] {
        let on_device = SentenceEncoder::load_on(folder(name), &Device::flex()).unwrap();
        for encoder in [SentenceEncoder::load(folder(name)).unwrap(), on_device] {
            with_texts(|texts| query_encoder_conforms(&encoder, texts, TOLERANCE));
            with_texts(|texts| item_encoder_conforms(&encoder, texts, TOLERANCE));
        }
    }
}

#[test]
fn encoders_made_of_sentence_encoders() {
    let towers = TwoTowerEncoder::load(folder("router")).unwrap();
    with_texts(|texts| query_encoder_conforms(&towers, texts, TOLERANCE));
    with_texts(|texts| item_encoder_conforms(&towers, texts, TOLERANCE));

    let static_queries = TwoTowerEncoder::load(folder("../routers/static-queries")).unwrap();
    with_texts(|texts| query_encoder_conforms(&static_queries, texts, TOLERANCE));

    let encoder = Arc::new(SentenceEncoder::load(folder("bert")).unwrap());
    let layers = LayerEncoder::new(encoder.clone(), vec![1]).unwrap();
    with_texts(|texts| item_encoder_conforms(&layers, texts, TOLERANCE));
    let tokens = TokenEncoder::new(encoder.clone(), 1).unwrap();
    with_texts(|texts| query_encoder_conforms_with(&tokens, texts, TOLERANCE, |one| one.states(0).to_vec()));

    let texts = ["the cat", "", "Heart and risk. The quick brown fox of men."];
    let parts = ["pooled", "layer=at:1,pooling:max", "sentences", "late_chunks"]
        .map(|part| part.parse::<Representation>().unwrap());
    let representations = RepresentationEncoder::new(encoder.clone(), parts.to_vec()).unwrap();
    query_encoder_conforms(&representations, &texts, TOLERANCE);
    item_encoder_conforms(&representations, &texts, TOLERANCE);
    let merged = MergedEncoder::new(encoder.clone(), Identity::new(encoder.dim()));
    query_encoder_conforms(&merged, &texts, TOLERANCE);
}

#[test]
fn the_lexical_encoder() {
    with_texts(|texts| {
        let encoder = Bm25Encoder::fit(texts, Bm25Config::default()).unwrap();
        query_encoder_conforms_with(&encoder, texts, 0.0, dense);
    });
}

#[test]
fn learned_sparse_encoders() {
    for name in ["summed", "inference-free"] {
        let folder = folder("..").join("sparse").join(name);
        let encoder = SparseEncoder::load(folder).unwrap();
        with_texts(|texts| query_encoder_conforms_with(&encoder, texts, TOLERANCE, dense));
    }
}

fn dense(one: &SparseVectors) -> Vec<f32> {
    let mut dense = vec![0.0; one.dim()];
    one.row(0).for_each(|(component, value)| dense[component as usize] = value);
    dense
}

#[test]
fn the_precomputed_encoder() {
    let ids = ["a", "b", "c"];
    let rows = Embeddings::from_rows(&[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]).unwrap();
    let encoder = PrecomputedEncoder::new(Ids::new(ids.map(String::from).to_vec()).unwrap(), rows).unwrap();
    query_encoder_conforms(&encoder, &ids, 0.0);
    item_encoder_conforms(&encoder, &ids, 0.0);
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let encoder = SentenceEncoder::load(folder("mpnet")).unwrap();
    with_texts(|texts| {
        let with = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| encoder.encode_items(texts).unwrap())
        };
        assert_eq!(with(1), with(3));
    });
}
