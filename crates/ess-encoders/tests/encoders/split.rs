//! The upper layers of a split encoder as a searching module: trained, saved, loaded and merged again.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use burn::tensor::Device;
use ess_core::{Embeddings, Encoding, ItemEncoder, QueryEncoder, SearchModule, TokenStates};
use ess_encoders::{MergedEncoder, SentenceEncoder, UpperLayers};
use ess_search::{ModuleState, OnDevice, PersistentModule, Registry};
use ess_train::{Items, Judgement, ModuleRecipe, Progress, QuerySet, Returned, Stop, Trainer, TrainerConfig};

const QUERIES: [&str; 8] = [
    "the cat sat on the mat",
    "risk of heart disease",
    "a quick brown fox",
    "men and women",
    "over the lazy dog",
    "heart",
    "the fox and the cat",
    "is there a risk",
];

fn encoder(name: &str) -> Arc<SentenceEncoder> {
    let folder: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/tiny").join(name);
    Arc::new(SentenceEncoder::load(folder).unwrap())
}

fn trainer(steps: usize) -> Trainer {
    let config = TrainerConfig {
        weight_decay: 0.0,
        learning_rate: 2e-3,
        max_steps: steps,
        ..TrainerConfig::default()
    };
    Trainer::new(config).unwrap().with_progress(Progress::Silent)
}

/// Each query's relevant item is the next one's text: what the frozen encoder cannot know.
fn next_is_relevant(states: TokenStates) -> QuerySet<TokenStates> {
    let n = states.rows();
    let relevant = (0..n).map(|query| vec![Judgement { item: (query + 1) % n, grade: 1 }]);
    QuerySet::new(states, relevant.collect()).unwrap()
}

fn first_hits(queries: &Embeddings, items: &Embeddings) -> Vec<usize> {
    let similarities = queries.view().dot(&items.view().t());
    let best =
        |row: ndarray::ArrayView1<f32>| (0..row.len()).max_by(|&a, &b| row[a].total_cmp(&row[b])).unwrap();
    similarities.rows().into_iter().map(best).collect()
}

#[test]
fn training_the_upper_layers_teaches_the_merged_encoder() {
    let encoder = encoder("bert");
    let device = Device::flex();
    let (lower, upper) = encoder.split(1, &device).unwrap();
    let items = encoder.encode_items(&QUERIES).unwrap();
    let queries = next_is_relevant(lower.encode_queries(&QUERIES).unwrap());

    let frozen = Items::new(&items, &device);
    let (trained, curve) =
        trainer(80).train(upper.into_module(), &frozen, &queries, &Stop::After(80)).unwrap();
    let (first, last) = (curve.points[0].loss, curve.points[79].loss);
    assert!(last < 0.2 * first, "loss {first} to {last}");

    let folder = tempfile::tempdir().unwrap();
    trained.to_state().unwrap().save(folder.path()).unwrap();
    let loaded = Registry::token_states().with::<UpperLayers>().load(folder.path(), &device).unwrap();
    assert_eq!(loaded.apply(queries.encodings()).unwrap(), trained.apply(queries.encodings()).unwrap());

    let before = first_hits(&encoder.encode_queries(&QUERIES).unwrap(), &items);
    let merged = MergedEncoder::new(lower, loaded);
    let after = first_hits(&merged.encode_queries(&QUERIES).unwrap(), &items);
    let relevant: Vec<usize> = (0..8).map(|query| (query + 1) % 8).collect();
    assert!(before.iter().zip(&relevant).all(|(found, relevant)| found != relevant), "{before:?}");
    assert_eq!(after, relevant);
}

#[test]
fn the_same_seed_trains_the_same_upper_layers() {
    let encoder = encoder("bert");
    let device = Device::flex();
    let items = encoder.encode_items(&QUERIES).unwrap();
    let train = || {
        let (lower, upper) = encoder.split(1, &device).unwrap();
        let queries = next_is_relevant(lower.encode_queries(&QUERIES).unwrap());
        let frozen = Items::new(&items, &device);
        let trained = trainer(3).train(upper.into_module(), &frozen, &queries, &Stop::After(3));
        trained.unwrap().0.to_state().unwrap()
    };
    assert_eq!(train(), train());
}

#[test]
fn the_guard_under_upper_layers_is_the_sentence_embedding() {
    let encoder = encoder("bert");
    let device = Device::flex();
    let (lower, upper) = encoder.split(1, &device).unwrap();
    let items = encoder.encode_items(&QUERIES).unwrap();
    let queries = lower.encode_queries(&QUERIES).unwrap();
    let own = (0..8).map(|query| vec![Judgement { item: query, grade: 1 }]).collect();
    let dev = QuerySet::new(queries.clone(), own).unwrap();
    let recipe = ModuleRecipe::from_module(upper.into_module());
    let fitted = trainer(5)
        .fit(&recipe, &Items::new(&items, &device), &next_is_relevant(queries.clone()), &dev)
        .unwrap();
    assert_eq!(fitted.report.guard.returned, Returned::Identity);
    assert_eq!(&fitted.module.apply(&queries).unwrap(), queries.embeddings());
}

#[test]
fn every_architecture_is_built_again_from_its_state() {
    let device = Device::flex();
    let registry = Registry::token_states().with::<UpperLayers>();
    for name in ["bert", "roberta", "xlm-roberta", "distilbert", "mpnet"] {
        let encoder = encoder(name);
        for layer in 0..=encoder.layers() {
            let (lower, upper) = encoder.split(layer, &device).unwrap();
            let state = upper.to_state().unwrap();
            let json = serde_json::to_string(&state.description).unwrap();
            let description = serde_json::from_str(&json).unwrap();
            let built = registry.build(&ModuleState { description, ..state }, &device).unwrap();
            let states = lower.encode_queries(&QUERIES).unwrap();
            assert_eq!(built.apply(&states).unwrap(), upper.apply(&states).unwrap(), "{name} at {layer}");
        }
    }
}

#[test]
fn texts_without_tokens_and_one_by_one_are_as_in_a_batch() {
    let (lower, upper) = encoder("xlm-roberta").split(1, &Device::flex()).unwrap();
    let with_tokens = lower.encode_queries(&QUERIES).unwrap();
    let texts: Vec<&[f32]> =
        (0..8).map(|row| if row == 2 { &[][..] } else { with_tokens.states(row) }).collect();
    let states =
        TokenStates::from_texts(with_tokens.embeddings().clone(), with_tokens.token_dim(), &texts).unwrap();
    let together = upper.apply(&states).unwrap();
    for row in 0..8 {
        let alone = upper.apply(&states.select_rows(&[row]).unwrap()).unwrap();
        let furthest =
            alone.row(0).iter().zip(together.row(row)).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(furthest < 1e-5, "text {row}: {furthest}");
    }
}

#[test]
fn a_state_that_does_not_fit_its_config_is_refused() {
    let (_, upper) = encoder("bert").split(1, &Device::flex()).unwrap();
    let registry = Registry::token_states().with::<UpperLayers>();
    let state = upper.to_state().unwrap();
    let with = |field: &str, value: serde_json::Value| {
        let mut state = state.clone();
        state.description.config[field] = value;
        registry.build(&state, &Device::flex()).map(|_| ())
    };
    assert!(matches!(with("layers", 2.into()), Err(ess_search::Error::TensorNames { .. })));
    assert!(matches!(with("feed_forward_dim", 7.into()), Err(ess_search::Error::TensorShape { .. })));
    assert!(matches!(with("heads", 7.into()), Err(ess_search::Error::Config { name: "heads", .. })));
    assert!(matches!(with("lyaers", 1.into()), Err(ess_search::Error::ConfigSyntax { .. })));
    let wrong: OnDevice<UpperLayers> = upper;
    let states = TokenStates::from_texts(Embeddings::from_rows(&[[1.0]]).unwrap(), 3, &[[0.0; 3]]).unwrap();
    assert!(matches!(wrong.apply(&states), Err(ess_core::Error::DimensionMismatch { .. })));
}
