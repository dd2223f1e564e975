//! Fits with a closed form, as recipes.

use burn::tensor::Device;
use ess_core::{Embeddings, SearchModule};
use ess_linalg::{Moments, Pairs, Ridge, Whitening};
use ess_search::Registry;
use ess_testing::simulation::{most, runs};
use ess_train::{
    Error, Items, Judgement, Progress, QuerySet, RecipeConfig, Returned, Trainer, TrainerConfig,
    mean_positives, softmax_residuals,
};
use ndarray::Array1;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const DIM: usize = 8;
const SUPERVISED: [&str; 5] = ["ridge", "positives_ridge", "softmax_ridge", "procrustes", "cca"];
const UNSUPERVISED: [&str; 3] = ["whitening", "pca", "all_but_the_top"];

fn noise(n: usize, d: usize, seed: u64) -> Embeddings {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let values = (0..n * d).map(|_| random.random_range(-1.0..1.0)).collect();
    Embeddings::from_vec(values, d).unwrap().normalized()
}

/// Queries that are their relevant item with its dimensions in another order and of other signs.
fn turned(items: &Embeddings, rows: std::ops::Range<usize>, query_dim: usize) -> QuerySet {
    let value = |row: usize, i: usize| {
        items.row(row)[(i * 3 + 1) % DIM] * if i.is_multiple_of(2) { 1.0 } else { -1.0 }
    };
    let queries: Vec<Vec<f32>> =
        rows.clone().map(|row| (0..query_dim).map(|i| value(row, i)).collect()).collect();
    let relevant = rows.map(|item| vec![Judgement { item, grade: 1 }]).collect();
    QuerySet::new(Embeddings::from_rows(&queries).unwrap(), relevant).unwrap()
}

fn trainer(config: TrainerConfig) -> Trainer {
    Trainer::new(config).unwrap().with_progress(Progress::Silent)
}

fn recipe(kind: &str, query_dim: usize) -> Box<dyn ess_train::Recipe> {
    RecipeConfig::named(kind).unwrap().build(query_dim, DIM, 0).unwrap()
}

#[test]
fn a_rotation_is_found_by_every_fit_that_is_told_what_is_relevant() {
    let embeddings = noise(300, DIM, 1);
    let items = Items::new(&embeddings, &Device::flex());
    for query_dim in [DIM, DIM + 3, DIM - 2] {
        let (train, dev) = (turned(&embeddings, 0..200, query_dim), turned(&embeddings, 200..300, query_dim));
        for kind in SUPERVISED.into_iter().filter(|&kind| query_dim == DIM || kind != "softmax_ridge") {
            let config = TrainerConfig { refit: true, ..TrainerConfig::default() };
            let fitted = trainer(config).fit(&*recipe(kind, query_dim), &items, &train, &dev).unwrap();
            let guard = &fitted.report.guard;
            assert_eq!(guard.returned, Returned::Trained, "{kind}: {}", guard.reason);
            let least = if query_dim < DIM { 0.5 } else { 0.9 };
            assert!(guard.trained > least, "{kind} of {query_dim} reaches {} on dev", guard.trained);
            assert_eq!((fitted.module.query_dim(), fitted.module.item_dim()), (query_dim, DIM));
        }
    }
}

#[test]
fn a_fit_is_saved_and_loaded_as_any_module_is() {
    let embeddings = noise(60, DIM, 2);
    let items = Items::new(&embeddings, &Device::flex());
    let (train, dev) = (turned(&embeddings, 0..40, DIM), turned(&embeddings, 40..60, DIM));
    for kind in SUPERVISED.into_iter().chain(UNSUPERVISED) {
        let fit =
            || trainer(TrainerConfig::default()).fit(&*recipe(kind, DIM), &items, &train, &dev).unwrap();
        let fitted = fit();
        let state = fitted.trained.to_state().unwrap();
        assert!(["matrix", "linear"].contains(&state.description.kind.as_str()), "{kind}");
        assert_eq!(fit().trained.to_state().unwrap(), state, "{kind} repeats");
        let folder = tempfile::tempdir().unwrap();
        state.save(folder.path()).unwrap();
        let loaded = Registry::default().load(folder.path(), &Device::flex()).unwrap();
        let queries = dev.encodings();
        assert_eq!(loaded.apply(queries).unwrap(), fitted.trained.apply(queries).unwrap(), "{kind}");
    }
}

#[test]
fn affine_maps_conform() {
    let (queries, targets) = (noise(30, DIM, 4), noise(30, DIM - 2, 5));
    let pairs = Pairs::new(&queries, targets.view().mapv(f64::from)).unwrap();
    let without_bias = Ridge::new(&pairs).unwrap().fit(0.1).unwrap();
    let with_bias = Whitening::new(&Moments::of(&queries)).unwrap().map(0.5, 0.1).unwrap();
    for map in [without_bias, with_bias] {
        ess_testing::search_module::conforms(&map, 1e-6);
    }
}

/// Queries that are their relevant item and noise of no direction: the frozen encoder errs, and no map makes it err less.
fn noisy(items: &Embeddings, rows: std::ops::Range<usize>, seed: u64) -> QuerySet {
    let noise = noise(rows.len(), DIM, seed);
    let queries = rows.clone().zip(noise.rows()).map(|(row, noise)| {
        items.row(row).iter().zip(noise).map(|(x, noise)| x + noise).collect::<Vec<f32>>()
    });
    let queries: Vec<Vec<f32>> = queries.collect();
    let relevant = rows.map(|item| vec![Judgement { item, grade: 1 }]).collect();
    QuerySet::new(Embeddings::from_rows(&queries).unwrap(), relevant).unwrap()
}

#[test]
fn queries_that_need_no_map_keep_the_identity() {
    let embeddings = noise(120, DIM, 3);
    let items = Items::new(&embeddings, &Device::flex());
    let (train, dev) = (noisy(&embeddings, 0..80, 8), noisy(&embeddings, 80..120, 9));
    for kind in SUPERVISED.into_iter().chain(UNSUPERVISED) {
        let fitted =
            trainer(TrainerConfig::default()).fit(&*recipe(kind, DIM), &items, &train, &dev).unwrap();
        let guard = &fitted.report.guard;
        assert_eq!(guard.returned, Returned::Identity, "{kind}: {}", guard.reason);
        let identity = guard.identity.unwrap();
        assert!((0.2..0.9).contains(&identity), "{kind}: a better map could be better than {identity}");
        assert_ne!(fitted.trained.apply(dev.encodings()).unwrap(), *dev.encodings(), "{kind}");
    }
}

#[test]
fn of_48_settings_the_best_passes_no_more_often_than_the_guard_says() {
    let runs = runs(200);
    let (mut passed, mut candidates) = (0, 0);
    for run in 0..runs as u64 {
        let embeddings = noise(40, DIM, 3 * run);
        let items = Items::new(&embeddings, &Device::flex());
        // Which item is relevant has nothing to do with the query.
        let set = |queries: usize, seed: u64| {
            let relevant = (0..queries).map(|query| vec![Judgement { item: query % 40, grade: 1 }]).collect();
            QuerySet::new(noise(queries, DIM, seed), relevant).unwrap()
        };
        let config = TrainerConfig { resamples: 399, seed: run, ..TrainerConfig::default() };
        let (train, dev) = (set(30, 3 * run + 1), set(60, 3 * run + 2));
        let fitted = trainer(config).fit(&*recipe("whitening", DIM), &items, &train, &dev).unwrap();
        passed += usize::from(fitted.report.guard.returned == Returned::Trained);
        candidates += fitted.report.guard.candidates.unwrap();
    }
    println!("{passed} of {runs} returned, {candidates} candidates");
    assert!(passed <= most(0.005, runs), "{passed} of {runs} maps that cannot help were returned");
    assert!(candidates > 20 * runs, "{candidates} candidates in {runs} runs");
}

#[test]
fn targets_are_weighted_means_and_what_softmax_lacks() {
    let embeddings = noise(20, 4, 4);
    let items = Items::new(&embeddings, &Device::flex());
    let judged = vec![vec![
        Judgement { item: 3, grade: 2 },
        Judgement { item: 5, grade: 1 },
        Judgement { item: 6, grade: 0 },
    ]];
    let queries = QuerySet::new(noise(1, 4, 5), judged).unwrap();
    let wide = |row: usize| embeddings.view().row(row).mapv(f64::from);
    let mean = (wide(3) * 2.0 + wide(5)) / 3.0;
    let found = mean_positives(&queries, &items).unwrap();
    assert!((&found.row(0) - &mean).iter().all(|x| x.abs() < 1e-12));

    let (query, scale) = (queries.encodings().view().row(0).mapv(f64::from), 7.0);
    let weights: Vec<f64> = (0..20).map(|item| (scale * wide(item).dot(&query)).exp()).collect();
    let total: f64 = weights.iter().sum();
    let expected =
        (0..20).fold(Array1::<f64>::zeros(4), |sum, item| sum + wide(item) * (weights[item] / total));
    let residual = softmax_residuals(&queries, &items, scale as f32).unwrap();
    let difference = &mean - &expected - residual.row(0);
    assert!(difference.iter().all(|x| x.abs() < 1e-5), "{difference}");
}

#[test]
fn one_query_and_one_dimension_fit_and_what_cannot_is_refused() {
    let one_dimension = Embeddings::from_rows(&[[1.0], [-1.0], [0.5]]).unwrap();
    let items = Items::new(&one_dimension, &Device::flex());
    let relevant = |item| vec![Judgement { item, grade: 1 }];
    let queries = QuerySet::new(Embeddings::from_rows(&[[0.3]]).unwrap(), vec![relevant(0)]).unwrap();
    let build = |kind: &str| RecipeConfig::named(kind).unwrap().build(1, 1, 0).unwrap();
    for kind in ["ridge", "positives_ridge", "softmax_ridge", "procrustes"] {
        let fitted =
            trainer(TrainerConfig::default()).fit(&*build(kind), &items, &queries, &queries).unwrap();
        assert!(fitted.report.guard.trained > 0.9, "{kind}");
    }
    // One query does not vary.
    for kind in ["cca", "whitening", "pca", "all_but_the_top"] {
        let found = trainer(TrainerConfig::default()).fit(&*build(kind), &items, &queries, &queries);
        assert!(matches!(found.err(), Some(Error::Linalg(ess_linalg::Error::NoVariance { .. }))), "{kind}");
    }
    let outside = QuerySet::new(Embeddings::from_rows(&[[0.3]]).unwrap(), vec![relevant(3)]).unwrap();
    for kind in SUPERVISED.into_iter().chain(UNSUPERVISED) {
        let found = trainer(TrainerConfig::default()).fit(&*build(kind), &items, &outside, &queries);
        assert!(matches!(found.err(), Some(Error::UnknownItem { item: 3, items: 3, .. })), "{kind}");
    }
}

#[test]
fn fits_that_keep_the_dimension_refuse_another_and_settings_are_checked() {
    let (embeddings, other) = (noise(20, DIM, 6), noise(2, 3, 7));
    let items = Items::new(&embeddings, &Device::flex());
    let relevant = |item| vec![Judgement { item, grade: 1 }];
    let queries = QuerySet::new(other, vec![relevant(0), relevant(1)]).unwrap();
    for kind in UNSUPERVISED.into_iter().chain(["softmax_ridge"]) {
        let found = trainer(TrainerConfig::default()).fit(&*recipe(kind, 3), &items, &queries, &queries);
        let mismatch = ess_core::Error::DimensionMismatch { what: "", expected: DIM, found: 3 };
        let Some(Error::Core(found)) = found.err() else { panic!("{kind} takes queries of 3 dimensions") };
        assert_eq!(std::mem::discriminant(&found), std::mem::discriminant(&mismatch), "{kind}: {found}");
    }
    let wrong = [
        r#"{"kind": "ridge", "regularisation": []}"#,
        r#"{"kind": "ridge", "regularisation": [0.0]}"#,
        r#"{"kind": "ridge", "shares": [-1.0]}"#,
        r#"{"kind": "softmax_ridge", "scale": -1.0}"#,
        r#"{"kind": "procrustes", "regularisation": [-1.0]}"#,
        r#"{"kind": "cca", "components": [1.5]}"#,
        r#"{"kind": "whitening", "power": [2.0]}"#,
        r#"{"kind": "pca", "components": [0.0]}"#,
        r#"{"kind": "all_but_the_top", "components": []}"#,
    ];
    for json in wrong {
        let built = serde_json::from_str::<RecipeConfig>(json).unwrap().build(DIM, DIM, 0);
        assert!(matches!(built.err(), Some(Error::Config { .. })), "{json}");
    }
}

/// The first queries again, each as often as its weight says.
fn repeated(queries: &QuerySet, weights: &[f32]) -> QuerySet {
    let rows: Vec<usize> =
        weights.iter().enumerate().flat_map(|(row, &weight)| vec![row; weight as usize]).collect();
    let judgements = rows.iter().map(|&row| queries.judgements()[row].clone()).collect();
    QuerySet::new(queries.encodings().select(&rows).unwrap(), judgements).unwrap()
}

#[test]
fn a_query_of_weight_two_counts_as_two_and_fits_that_cannot_do_so_say_it() {
    let embeddings = noise(120, DIM, 7);
    let items = Items::new(&embeddings, &Device::flex());
    let (train, dev) = (turned(&embeddings, 0..80, DIM), turned(&embeddings, 80..120, DIM));
    let weights: Vec<f32> = (0..80).map(|row| [2.0, 0.0, 1.0, 3.0][row % 4]).collect();
    let weighed = train.clone().with_weights(weights.clone()).unwrap();
    let again = repeated(&train, &weights);
    let even = train.clone().with_weights(vec![2.5; 80]).unwrap();
    let trainer = trainer(TrainerConfig::default());
    let mapped = |kind: &str, queries: &QuerySet| {
        let fitted = trainer.fit(&*recipe(kind, DIM), &items, queries, &dev)?;
        Ok::<_, Error>(fitted.trained.apply(dev.encodings()).unwrap())
    };
    let furthest = |a: &Embeddings, b: &Embeddings| {
        a.as_slice().iter().zip(b.as_slice()).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
    };
    for kind in ["ridge", "positives_ridge", "softmax_ridge", "procrustes"] {
        let [found, expected, plain] =
            [&weighed, &again, &train].map(|queries| mapped(kind, queries).unwrap());
        assert!(furthest(&found, &expected) < 1e-4, "{kind}: {}", furthest(&found, &expected));
        assert!(furthest(&found, &plain) > 1e-3, "{kind}: weights change nothing");
        assert_eq!(mapped(kind, &even).unwrap(), plain, "{kind}");
    }
    for kind in ["cca", "whitening", "pca", "all_but_the_top"] {
        let refused = mapped(kind, &weighed);
        assert!(matches!(refused, Err(Error::Unweighted { .. })), "{kind}");
        mapped(kind, &even).unwrap();
    }
}
