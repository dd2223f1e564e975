//! Training of items, alone and beside the queries.

use std::sync::{Arc, Mutex};

use burn::tensor::{Device, Tensor};
use ess_core::Embeddings;
use ess_search::ItemSide;
use ess_train::{
    Error, Items, Judgement, Loss, LossBatch, LossValue, Progress, QuerySet, RecipeConfig, Returned,
    SidesConfig, Softmax, Trainer, TrainerConfig,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const DIM: usize = 8;

fn noise(n: usize, d: usize, seed: u64) -> Embeddings {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let values = (0..n * d).map(|_| random.random_range(-1.0..1.0)).collect();
    Embeddings::from_vec(values, d).unwrap().normalized()
}

fn sides(json: &str) -> SidesConfig {
    serde_json::from_str(json).unwrap()
}

/// Queries that are their relevant item with its dimensions in another order: what a matrix on either side can learn.
fn permuted(items: &Embeddings, rows: std::ops::Range<usize>) -> QuerySet {
    let query = |row: usize| (0..DIM).map(|i| items.row(row)[(i * 3 + 1) % DIM]).collect::<Vec<f32>>();
    let queries: Vec<Vec<f32>> = rows.clone().map(query).collect();
    let relevant = rows.map(|item| vec![Judgement { item, grade: 1 }]).collect();
    QuerySet::new(Embeddings::from_rows(&queries).unwrap(), relevant).unwrap()
}

/// Queries near points of their own, which the same items are relevant to each time.
fn recurring(seed: u64) -> QuerySet {
    let (centres, jitter) = (noise(40, DIM, 77), noise(40, DIM, seed));
    let near = |(centre, jitter): (&[f32], &[f32])| {
        centre.iter().zip(jitter).map(|(x, by)| x + 0.3 * by).collect::<Vec<f32>>()
    };
    let queries: Vec<Vec<f32>> = centres.rows().zip(jitter.rows()).map(near).collect();
    let relevant = (0..40).map(|item| vec![Judgement { item, grade: 1 }]).collect();
    QuerySet::new(Embeddings::from_rows(&queries).unwrap(), relevant).unwrap()
}

fn trainer(config: TrainerConfig) -> Trainer {
    Trainer::new(config).unwrap().with_progress(Progress::Silent)
}

fn eager() -> TrainerConfig {
    TrainerConfig { learning_rate: 0.03, weight_decay: 0.0, max_steps: 120, ..TrainerConfig::default() }
}

fn recipe(kind: &str) -> Box<dyn ess_train::Recipe> {
    RecipeConfig::named(kind).unwrap().build(DIM, DIM, 0).unwrap()
}

const MAP: &str = r#""items": {"kind": "map", "module": {"kind": "linear"}}"#;

#[test]
fn a_matrix_that_exists_is_learned_on_either_side_and_on_both() {
    let embeddings = noise(300, DIM, 1);
    let items = Items::new(&embeddings, &Device::flex());
    let (train, dev) = (permuted(&embeddings, 0..200), permuted(&embeddings, 200..300));
    for (json, query_side, runs) in [
        (format!(r#"{{"order": "item", {MAP}}}"#), "linear", 1),
        (format!(r#"{{"order": "both", {MAP}}}"#), "linear", 1),
        // Which cannot learn it alone.
        (format!(r#"{{"order": "query_then_both", {MAP}}}"#), "diagonal", 2),
    ] {
        let fitted =
            trainer(eager()).fit_sides(&sides(&json), &*recipe(query_side), &items, &train, &dev).unwrap();
        let guard = &fitted.report.guard;
        assert_eq!(guard.returned, Returned::Trained, "{json}: {}", guard.reason);
        assert!(guard.trained > 0.9, "{json} reaches {} on dev", guard.trained);
        assert_eq!((fitted.sides.item_side().kind(), fitted.report.curves.len()), ("map", runs));
        assert!(fitted.sides.map_items(&embeddings).unwrap().is_some_and(|moved| moved != embeddings));
        let moves_queries = fitted.sides.query_side().apply(dev.encodings()).unwrap() != *dev.encodings();
        assert_eq!(moves_queries, !json.contains(r#""item","#), "{json}");
    }
}

/// Softmax, which writes down whether items last.
#[derive(Default)]
struct Lasting(Mutex<Vec<bool>>);

impl Loss for Lasting {
    fn evaluate(
        &self,
        queries: Tensor<2>,
        batch: &LossBatch<'_>,
        items: &Items<'_>,
    ) -> Result<LossValue, Error> {
        assert_ne!(batch.has_lasting_items(), batch.wants_item_gradient());
        self.0.lock().unwrap().push(batch.has_lasting_items());
        Softmax::default().evaluate(queries, batch, items)
    }
}

#[test]
fn a_loss_is_told_whether_items_are_the_same_in_every_step() {
    let embeddings = noise(60, DIM, 1);
    let items = Items::new(&embeddings, &Device::flex());
    let (train, dev) = (permuted(&embeddings, 0..40), permuted(&embeddings, 40..60));
    let loss = Arc::new(Lasting::default());
    let few = TrainerConfig { max_steps: 3, refit: false, ..eager() };
    let trainer = trainer(few).with_loss(loss.clone());
    let told = || {
        let mut told = std::mem::take(&mut *loss.0.lock().unwrap());
        told.dedup();
        told
    };
    for (order, expected) in [("both", &[false][..]), ("query_then_both", &[true, false])] {
        let sides = sides(&format!(r#"{{"order": "{order}", {MAP}}}"#));
        trainer.fit_sides(&sides, &*recipe("linear"), &items, &train, &dev).unwrap();
        assert_eq!(told(), expected, "{order}");
    }
    trainer.fit(&*recipe("linear"), &items, &train, &dev).unwrap();
    assert_eq!(told(), [true]);
}

/// A map of both sides at once cannot learn what is no symmetric matrix, and starts from there much worse.
#[test]
fn what_queries_alone_had_reached_is_not_given_up_for_both() {
    let embeddings = noise(300, DIM, 1);
    let items = Items::new(&embeddings, &Device::flex());
    let (train, dev) = (permuted(&embeddings, 0..200), permuted(&embeddings, 200..300));
    let config = sides(r#"{"order": "query_then_both", "items": {"kind": "shared"}}"#);
    for refit in [false, true] {
        let trainer = trainer(TrainerConfig { refit, ..eager() });
        let fitted = trainer.fit_sides(&config, &*recipe("linear"), &items, &train, &dev).unwrap();
        assert!(fitted.report.guard.trained > 0.9, "{}", fitted.report.guard.reason);
        assert!(matches!(fitted.sides.item_side(), ItemSide::Frozen));
        assert_eq!((fitted.report.curves.len(), fitted.report.refit.len()), (1, usize::from(refit)));
    }
}

#[test]
fn one_map_serves_both_sides() {
    // Queries and items share what matters in two dimensions; the others are noise that a shared map can leave out.
    let topics = noise(150, 2, 5);
    let with_noise = |seed| {
        let rows: Vec<Vec<f32>> = topics
            .rows()
            .zip(noise(150, 6, seed).rows())
            .map(|(topic, noise)| [topic, noise].concat())
            .collect();
        Embeddings::from_rows(&rows).unwrap().normalized()
    };
    let (embeddings, queries) = (with_noise(1), with_noise(2));
    let items = Items::new(&embeddings, &Device::flex());
    let set = |rows: std::ops::Range<usize>| {
        let relevant = rows.clone().map(|item| vec![Judgement { item, grade: 1 }]).collect();
        QuerySet::new(queries.select(&rows.collect::<Vec<_>>()).unwrap(), relevant).unwrap()
    };
    let config = sides(r#"{"order": "both", "items": {"kind": "shared"}}"#);
    let fitted =
        trainer(eager()).fit_sides(&config, &*recipe("linear"), &items, &set(0..100), &set(100..150));
    let fitted = fitted.unwrap();
    assert_eq!(fitted.report.guard.returned, Returned::Trained, "{}", fitted.report.guard.reason);
    let module = fitted.sides.query_side();
    assert_eq!(fitted.sides.map_items(&embeddings).unwrap(), Some(module.apply(&embeddings).unwrap()));
}

#[test]
fn offsets_serve_queries_that_ask_for_the_same_items_again() {
    let embeddings = noise(200, DIM, 2);
    let items = Items::new(&embeddings, &Device::flex());
    for json in [
        r#"{}"#,
        r#"{"items": {"kind": "offsets", "nudge": "magnitude"}}"#,
        r#"{"items": {"kind": "offsets", "nudge": "magnitude", "radius": "first_rank"}}"#,
        r#"{"items": {"kind": "offsets", "radius": {"given": 0.9}}}"#,
        r#"{"order": "query_then_both"}"#,
    ] {
        let config = TrainerConfig { refit: true, ..TrainerConfig::default() };
        let fitted =
            trainer(config).fit_sides(&sides(json), &*recipe("linear"), &items, &recurring(1), &recurring(2));
        let fitted = fitted.unwrap();
        let (guard, radius) = (&fitted.report.guard, fitted.report.settings["radius"]);
        assert_eq!(guard.returned, Returned::Trained, "{json}: {}", guard.reason);
        // The guard pays for every radius, however it was chosen.
        assert_eq!(guard.candidates > Some(1), !json.contains("given"), "{json}: {guard:?}");
        assert!(radius > 0.0 && (!json.contains("given") || radius == 0.9), "{json}: {radius}");
        let ItemSide::Offsets(offsets) = fitted.sides.item_side() else { panic!("{json}") };
        assert_eq!(offsets.rows(), (0..40).collect::<Vec<_>>());
    }
}

#[test]
fn the_identity_and_frozen_items_are_returned_when_there_is_nothing_to_learn() {
    let embeddings = noise(200, DIM, 2);
    let items = Items::new(&embeddings, &Device::flex());
    let random = |n: usize, seed: u64| {
        let relevant =
            (0..n).map(|i| vec![Judgement { item: (i * 7 + seed as usize) % 200, grade: 1 }]).collect();
        QuerySet::new(noise(n, DIM, seed), relevant).unwrap()
    };
    for json in ["{}".to_owned(), format!(r#"{{"order": "both", {MAP}}}"#)] {
        let fitted = trainer(eager()).fit_sides(
            &sides(&json),
            &*recipe("linear"),
            &items,
            &random(60, 3),
            &random(60, 4),
        );
        let fitted = fitted.unwrap();
        assert_eq!(fitted.report.guard.returned, Returned::Identity, "{}", fitted.report.guard.reason);
        assert!(matches!(fitted.sides.item_side(), ItemSide::Frozen));
        assert!(!matches!(fitted.trained.item_side(), ItemSide::Frozen));
    }
}

#[test]
fn a_seed_gives_the_same_sides_bit_for_bit_on_any_number_of_threads() {
    let embeddings = noise(150, DIM, 1);
    let items = Items::new(&embeddings, &Device::flex());
    let (train, dev) = (permuted(&embeddings, 0..100), permuted(&embeddings, 100..150));
    let config = |seed| TrainerConfig { batch_size: 32, max_steps: 10, seed, ..eager() };
    let run = |seed, threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let config = (config(seed), sides(&format!(r#"{{"order": "both", {MAP}}}"#)));
        let fit = || trainer(config.0).fit_sides(&config.1, &*recipe("linear"), &items, &train, &dev);
        pool.install(fit).unwrap().trained.to_state().unwrap()
    };
    assert_eq!(run(3, 1), run(3, 3));
    assert_ne!(run(3, 1), run(4, 1));
}

#[test]
fn vectors_that_overflow_on_dev_have_diverged_on_either_side() {
    let embeddings = noise(50, DIM, 1);
    let items = Items::new(&embeddings, &Device::flex());
    let (train, dev) = (permuted(&embeddings, 0..20), permuted(&embeddings, 20..50));
    let config =
        TrainerConfig { learning_rate: 3e38, warmup_steps: 0, clip_norm: None, evaluate_every: 1, ..eager() };
    let trainer = trainer(config);
    let one = trainer.fit(&*recipe("linear"), &items, &train, &dev).map(|_| ());
    assert!(matches!(one, Err(Error::Diverged { step: 1, .. })), "{one:?}");
    for json in [
        format!(r#"{{"order": "item", {MAP}}}"#),
        format!(r#"{{"order": "both", {MAP}}}"#),
        r#"{"order": "both", "items": {"kind": "shared"}}"#.to_owned(),
        format!(r#"{{"order": "query_then_both", {MAP}}}"#),
    ] {
        let two = trainer.fit_sides(&sides(&json), &*recipe("linear"), &items, &train, &dev).map(|_| ());
        assert!(matches!(two, Err(Error::Diverged { step: 1, .. })), "{json}: {two:?}");
    }
}

#[test]
fn what_cannot_be_trained_is_refused() {
    let embeddings = noise(50, DIM, 1);
    let items = Items::new(&embeddings, &Device::flex());
    let train = permuted(&embeddings, 0..20);
    let fit = |json: &str, kind: &str| {
        trainer(eager()).fit_sides(&sides(json), &*recipe(kind), &items, &train, &train).map(|_| ())
    };
    assert!(matches!(
        fit(&format!(r#"{{"order": "both", {MAP}}}"#), "ensemble"),
        Err(Error::NotJoint { .. })
    ));
    let ensemble = r#"{"items": {"kind": "map", "module": {"kind": "ensemble"}}}"#;
    assert!(matches!(fit(ensemble, "linear"), Err(Error::NotJoint { .. })));
    for json in [
        r#"{"items": {"kind": "shared"}}"#,
        r#"{"items": {"kind": "offsets", "radius": {"given": -1.0}}}"#,
        r#"{"items": {"kind": "offsets", "radius": "first_rank"}}"#,
    ] {
        assert!(matches!(fit(json, "linear"), Err(Error::Config { .. })), "{json}");
    }
    assert!(serde_json::from_str::<SidesConfig>(r#"{"ordr": "both"}"#).is_err());
    // Queries of another space cannot stay as they are.
    let other = QuerySet::new(noise(4, DIM + 1, 1), vec![vec![Judgement { item: 3, grade: 1 }]; 4]).unwrap();
    let recipe = RecipeConfig::default().build(DIM + 1, DIM, 0).unwrap();
    let found = trainer(eager()).fit_sides(&SidesConfig::default(), &*recipe, &items, &other, &other);
    assert!(matches!(found.map(|_| ()), Err(Error::Missing { .. })));
    let beyond = QuerySet::new(noise(1, DIM, 1), vec![vec![Judgement { item: 50, grade: 1 }]]).unwrap();
    let found = trainer(eager()).fit_sides(&SidesConfig::default(), &*recipe, &items, &beyond, &train);
    assert!(matches!(found.map(|_| ()), Err(Error::UnknownItem { .. })));
}
