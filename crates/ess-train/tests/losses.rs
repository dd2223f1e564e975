//! What holds for every loss: gradients are slopes, all devices compute the same, and odd data are survived.

#![allow(clippy::unwrap_used, reason = "a test may")]

use burn::tensor::{Device, Tensor, TensorData};
use ess_core::Embeddings;
use ess_search::embeddings_from_tensor;
use ess_train::{
    Items, Judgement, LossBatch, LossConfig, LossValue, Needs, Progress, QuerySet, Softmax, Stop,
    TeacherScore, Trainer, TrainerConfig,
};
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

mod every_loss;

use every_loss::LOSSES;

fn loss(json: &str) -> LossConfig {
    serde_json::from_str(json).unwrap()
}

/// A batch and the items that it is judged against.
struct Case {
    queries: Embeddings,
    frozen: Embeddings,
    items: Embeddings,
    judgements: Vec<Vec<Judgement>>,
    teacher: Vec<Vec<TeacherScore>>,
    negatives: Vec<Vec<usize>>,
    weights: Vec<f32>,
}

fn noise(n: usize, d: usize, seed: u64) -> Embeddings {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    Embeddings::from_vec((0..n * d).map(|_| random.random_range(-1.0..1.0)).collect(), d).unwrap()
}

impl Case {
    /// `n` queries, each with graded relevant items, one judged not relevant, negatives and a teacher.
    fn new(n: usize, m: usize, d: usize, seed: u64) -> Self {
        let of_query = |query: usize| {
            let at = |step: usize| (query * 31 + step) % m;
            let judged: Vec<Judgement> =
                [(0, 1), (1, 3), (2, 0)].map(|(step, grade)| Judgement { item: at(step), grade }).into();
            let negatives: Vec<usize> = (2..m.min(7)).map(at).collect();
            let score =
                |step: usize| TeacherScore { item: at(step), score: ((query + step * step) as f32).cos() };
            (judged, negatives, (0..m.min(6)).map(score).collect::<Vec<_>>())
        };
        let all: Vec<_> = (0..n).map(of_query).collect();
        Self {
            queries: noise(n, d, seed),
            frozen: noise(n, d, seed + 1),
            items: noise(m, d, seed + 2),
            judgements: all.iter().map(|(judged, ..)| judged.clone()).collect(),
            negatives: all.iter().map(|(_, negatives, _)| negatives.clone()).collect(),
            teacher: all.into_iter().map(|(.., teacher)| teacher).collect(),
            weights: Vec::new(),
        }
    }

    /// The same, with item `order[i]` at place `i`.
    fn reordered(&self, order: &[usize]) -> Self {
        let place = |item: usize| order.iter().position(|&other| other == item).unwrap();
        let judged = |&Judgement { item, grade }: &Judgement| Judgement { item: place(item), grade };
        let scored = |&TeacherScore { item, score }: &TeacherScore| TeacherScore { item: place(item), score };
        Self {
            queries: self.queries.clone(),
            frozen: self.frozen.clone(),
            items: self.items.select(order).unwrap(),
            judgements: self.judgements.iter().map(|all| all.iter().map(judged).collect()).collect(),
            teacher: self.teacher.iter().map(|all| all.iter().map(scored).collect()).collect(),
            negatives: self.negatives.iter().map(|all| all.iter().copied().map(place).collect()).collect(),
            weights: self.weights.clone(),
        }
    }

    /// The named queries, without weights.
    fn select(&self, rows: &[usize]) -> Self {
        Self {
            queries: self.queries.select(rows).unwrap(),
            frozen: self.frozen.select(rows).unwrap(),
            items: self.items.clone(),
            judgements: rows.iter().map(|&row| self.judgements[row].clone()).collect(),
            teacher: rows.iter().map(|&row| self.teacher[row].clone()).collect(),
            negatives: rows.iter().map(|&row| self.negatives[row].clone()).collect(),
            weights: Vec::new(),
        }
    }

    fn evaluate(&self, loss: &LossConfig, kernels: bool) -> LossValue {
        self.evaluate_at(loss, kernels, &self.queries, &self.items)
    }

    fn evaluate_at(
        &self,
        loss: &LossConfig,
        kernels: bool,
        queries: &Embeddings,
        items: &Embeddings,
    ) -> LossValue {
        let frozen = Items::new(items, &Device::flex());
        let items = if kernels { frozen } else { frozen.without_kernels() };
        let batch = LossBatch::new(self.judgements.iter().map(Vec::as_slice).collect())
            .with_teacher(self.teacher.iter().map(Vec::as_slice).collect())
            .with_negatives(self.negatives.iter().map(Vec::as_slice).collect())
            .with_frozen(tensor(&self.frozen))
            .with_weights(self.weights.clone())
            .with_item_gradient(true);
        loss.build().unwrap().evaluate(tensor(queries), &batch, &items).unwrap()
    }
}

fn tensor(embeddings: &Embeddings) -> Tensor<2> {
    let shape = [embeddings.len(), embeddings.dim()];
    Tensor::from_data(TensorData::new(embeddings.as_slice().to_vec(), shape), &Device::flex())
}

fn moved(embeddings: &Embeddings, at: usize, by: f32) -> Embeddings {
    let mut values = embeddings.as_slice().to_vec();
    values[at] += by;
    Embeddings::from_vec(values, embeddings.dim()).unwrap()
}

/// Whether a gradient is a slope of the loss here: where two slopes meet (a margin that is just met, another item that becomes
/// the most similar), anything from one to the other is.
fn check_slope(found: f32, at: impl Fn(f32) -> f64) -> Result<(), TestCaseError> {
    let slope = |from: f32, to: f32| (at(to) - at(from)) / f64::from(to - from);
    let (near, far) = (slope(-1e-3, 1e-3), slope(-2e-3, 2e-3));
    // A jump close by, as where a rank changes, is no slope.
    if (near - far).abs() > 1e-3 * (1.0 + near.abs()) {
        return Ok(());
    }
    let (before, after) = (slope(-1e-3, 0.0), slope(0.0, 1e-3));
    let error = 1e-2 * (1.0 + near.abs());
    let slopes = before.min(after) - error..=before.max(after) + error;
    prop_assert!(slopes.contains(&f64::from(found)), "{} is not in {:?}", found, slopes);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn gradients_are_finite_differences(n in 1_usize..4, m in 3_usize..12, d in 1_usize..6, seed in 0_u64..1000, at: prop::sample::Index) {
        let case = Case::new(n, m, d, seed);
        for json in LOSSES {
            // A weight that changes with the ranks is a constant to LambdaRank, and its loss jumps there.
            let loss = loss(json);
            let value = case.evaluate(&loss, true);
            let gradient = embeddings_from_tensor(value.gradient).unwrap();
            let query = at.index(n * d);
            let of_query = |by: f32| case.evaluate_at(&loss, true, &moved(&case.queries, query, by), &case.items).loss;
            check_slope(gradient.as_slice()[query], of_query)?;
            let Some(gradient) = value.item_gradient else {
                prop_assert!(json.contains("recovery"));
                continue;
            };
            let gradient = embeddings_from_tensor(gradient).unwrap();
            let item = at.index(m * d);
            let of_item = |by: f32| case.evaluate_at(&loss, true, &case.queries, &moved(&case.items, item, by)).loss;
            check_slope(gradient.as_slice()[item], of_item)?;
        }
    }

    #[test]
    fn the_order_of_the_items_does_not_matter(n in 1_usize..9, m in 3_usize..90, d in 1_usize..9, seed in 0_u64..1000, shift in 0_usize..90) {
        let case = Case::new(n, m, d, seed);
        let order: Vec<usize> = (0..m).map(|place| (2 * m - 1 - place + shift) % m).collect();
        let other = case.reordered(&order);
        for json in LOSSES {
            let loss = loss(json);
            let (value, reordered) = (case.evaluate(&loss, true), other.evaluate(&loss, true));
            prop_assert!((value.loss - reordered.loss).abs() < 1e-4 * (1.0 + value.loss.abs()), "{}", json);
            let of_items = |value: Option<Tensor<2>>| value.map(|gradient| embeddings_from_tensor(gradient).unwrap());
            let items = of_items(value.item_gradient).map(|gradient| gradient.select(&order).unwrap());
            let pairs = items.into_iter().zip(of_items(reordered.item_gradient));
            let queries = [value.gradient, reordered.gradient].map(|tensor| embeddings_from_tensor(tensor).unwrap());
            for (expected, found) in pairs.chain([queries.into()]) {
                let close = expected.as_slice().iter().zip(found.as_slice()).all(|(a, b)| (a - b).abs() < 1e-3);
                prop_assert!(close, "{}", json);
            }
        }
    }

    // Sizes on both sides of the kernels' blocks and tiles.
    #[test]
    fn kernels_and_tensor_operations_agree(n in 1_usize..140, m in 3_usize..600, d in 1_usize..9, seed in 0_u64..1000) {
        let case = Case::new(n, m, d, seed);
        for json in LOSSES {
            let loss = loss(json);
            let (here, there) = (case.evaluate(&loss, true), case.evaluate(&loss, false));
            prop_assert!((here.loss - there.loss).abs() < 1e-4 * (1.0 + here.loss.abs()), "{}", json);
            prop_assert_eq!(here.item_gradient.is_some(), there.item_gradient.is_some());
            let pairs = here.item_gradient.into_iter().zip(there.item_gradient);
            for (here, there) in pairs.chain([(here.gradient, there.gradient)]) {
                let (here, there) = (embeddings_from_tensor(here).unwrap(), embeddings_from_tensor(there).unwrap());
                let close = here.as_slice().iter().zip(there.as_slice()).all(|(a, b)| (a - b).abs() < 1e-3);
                prop_assert!(close, "{}", json);
            }
        }
    }
}

/// A query of weight 2 counts as two, one of weight 0 as none: in the loss and in both gradients, by kernels and by tensor
/// operations.
#[test]
fn weights_count_as_copies() {
    let case = Case::new(5, 40, 4, 11);
    let copies = [0, 1, 2, 0, 3];
    let weighed =
        Case { weights: copies.map(|copies| copies as f32).into(), ..case.select(&[0, 1, 2, 3, 4]) };
    let rows: Vec<usize> = (0..5).flat_map(|row| vec![row; copies[row]]).collect();
    let copied = case.select(&rows);
    // The mean over 5 and over the 6 copies.
    let factor = rows.len() as f64 / 5.0;
    for json in LOSSES {
        let loss = loss(json);
        // What other queries of the batch ask for competes with all, whatever they weigh.
        if json.contains("in_batch") {
            continue;
        }
        for kernels in [true, false] {
            let (found, expected) = (weighed.evaluate(&loss, kernels), copied.evaluate(&loss, kernels));
            let off = found.loss - factor * expected.loss;
            assert!(off.abs() < 1e-5 * (1.0 + found.loss.abs()), "{json}: off by {off}");
            let read = |tensor| embeddings_from_tensor(tensor).unwrap();
            let mut sums = vec![vec![0.0; 4]; 5];
            for (row, of_copy) in rows.iter().zip(read(expected.gradient).rows()) {
                sums[*row].iter_mut().zip(of_copy).for_each(|(sum, x)| *sum += factor as f32 * x);
            }
            close(&read(found.gradient), &Embeddings::from_rows(&sums).unwrap(), json);
            if let (Some(found), Some(expected)) = (found.item_gradient, expected.item_gradient) {
                close(&read(found), &read(expected * factor), json);
            }
        }
    }
}

/// More queries than one block of the kernels, one product or one chunk of the tensor operations holds.
#[test]
fn weights_stay_with_their_queries_in_every_block_and_chunk() {
    let shared = r#"{"kind": "triplet", "margin": 0.5, "candidates": "all_items"}"#;
    let own = r#"{"kind": "pairwise_logistic", "scale": 0.1, "candidates": "negatives"}"#;
    let n = 300;
    let cases = [
        (Case::new(n, 40, 3, 1), shared, true),
        (Case::new(n, 60_000, 2, 1), shared, false),
        (Case::new(n, 20, 3, 2), own, true),
        (Case::new(n, 20, 8192, 2), own, false),
    ];
    for (case, json, kernels) in cases {
        let all: Vec<usize> = (0..n).collect();
        for row in [5, 290] {
            let mut weights = vec![0.0; n];
            weights[row] = n as f32;
            let found = Case { weights, ..case.select(&all) }.evaluate(&loss(json), kernels);
            let expected = case.select(&[row]).evaluate(&loss(json), kernels);
            let name = format!("{json}, query {row}, kernels {kernels}");
            assert!((found.loss - expected.loss).abs() < 1e-4 * (1.0 + expected.loss), "{name}");
            let read = |tensor| embeddings_from_tensor(tensor).unwrap();
            let gradient = read(found.gradient);
            close(&gradient.select(&[row]).unwrap(), &read(expected.gradient), &name);
            assert!(gradient.row(n - row).iter().all(|&slope| slope == 0.0), "{name}");
            close(&read(found.item_gradient.unwrap()), &read(expected.item_gradient.unwrap()), &name);
        }
    }
}

fn close(found: &Embeddings, expected: &Embeddings, name: &str) {
    for (found, expected) in found.as_slice().iter().zip(expected.as_slice()) {
        assert!((found - expected).abs() < 1e-4 * (1.0 + expected.abs()), "{name}: {found} {expected}");
    }
}

#[test]
fn weights_in_batch_multiply_each_querys_loss() {
    let case = Case::new(4, 30, 3, 5);
    for json in LOSSES.into_iter().filter(|json| json.contains("in_batch")) {
        let loss = loss(json);
        for kernels in [true, false] {
            let only = |row: usize| {
                let mut weights = vec![0.0; 4];
                weights[row] = 1.0;
                Case { weights, ..case.select(&[0, 1, 2, 3]) }.evaluate(&loss, kernels).loss
            };
            let weighed = Case { weights: vec![2.0, 0.5, 0.0, 1.0], ..case.select(&[0, 1, 2, 3]) };
            let expected = 2.0 * only(0) + 0.5 * only(1) + only(3);
            let found = weighed.evaluate(&loss, kernels).loss;
            assert!((found - expected).abs() < 1e-5 * (1.0 + expected), "{json}: {found} {expected}");
            let whole: f64 = (0..4).map(only).sum();
            assert!((case.evaluate(&loss, kernels).loss - whole).abs() < 1e-5 * (1.0 + whole), "{json}");
        }
    }
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let case = Case::new(150, 700, 24, 5);
    for json in LOSSES {
        let loss = loss(json);
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let value = pool.install(|| case.evaluate(&loss, true));
            let all = [Some(value.gradient), value.item_gradient].into_iter().flatten();
            (value.loss, all.map(|tensor| embeddings_from_tensor(tensor).unwrap()).collect::<Vec<_>>())
        };
        assert_eq!(on(1), on(3), "{json}");
    }
}

#[test]
fn items_all_equal_and_similarities_far_apart_stay_finite() {
    let mut case = Case::new(3, 8, 1, 1);
    for (item, query) in [(1.0, 1.0), (1e4, 1e4), (-1e4, 1e4), (0.0, 0.0)] {
        case.items = Embeddings::from_vec(vec![item; 8], 1).unwrap();
        case.queries = Embeddings::from_vec(vec![query; 3], 1).unwrap();
        for json in LOSSES {
            let value = case.evaluate(&loss(json), true);
            assert!(value.loss.is_finite(), "{json}: {}", value.loss);
            embeddings_from_tensor(value.gradient).unwrap();
            value.item_gradient.map(|gradient| embeddings_from_tensor(gradient).unwrap());
        }
    }
}

#[test]
fn a_single_item_and_a_single_query_train() {
    let one = |n| Embeddings::from_vec(vec![1.0; n], 1).unwrap();
    let items = one(1);
    let items = Items::new(&items, &Device::flex());
    let score = TeacherScore { item: 0, score: 3.0 };
    let queries = QuerySet::new(one(1), vec![vec![Judgement { item: 0, grade: i32::MAX }]])
        .unwrap()
        .with_teacher(vec![vec![score]])
        .unwrap();
    for json in LOSSES {
        let trainer = Trainer::new(TrainerConfig { loss: loss(json), ..TrainerConfig::default() }).unwrap();
        let config = ess_search::LinearConfig::new(1, 1);
        let module =
            <ess_search::Linear as ess_search::TrainableModule>::init(&config, items.device()).unwrap();
        let trainer = trainer.with_progress(Progress::Silent);
        let (_, curve) = trainer.train(module, &items, &queries, &Stop::After(2)).unwrap();
        assert!(curve.points.iter().all(|point| point.loss.is_finite()), "{json}");
    }
}

#[test]
fn settings_outside_their_range_are_refused() {
    let bad = [
        r#"{"kind": "softmax", "scale": 0.0}"#,
        r#"{"kind": "softmax", "candidates": {"top": 0}}"#,
        r#"{"kind": "pairwise_logistic", "scale": -1.0}"#,
        r#"{"kind": "triplet", "margin": 0.0}"#,
        r#"{"kind": "lambda", "cutoff": 0}"#,
        r#"{"kind": "approx_ndcg", "scale": 0.0}"#,
        r#"{"kind": "margin_mse", "scale": 0.0}"#,
        r#"{"kind": "listwise_kl", "temperature": 0.0}"#,
        r#"{"kind": "sum", "terms": []}"#,
        r#"{"kind": "sum", "terms": [{"weight": 0.0, "loss": {"kind": "softmax"}}]}"#,
        r#"{"kind": "sum", "terms": [{"weight": 1.0, "loss": {"kind": "triplet", "margin": -1.0}}]}"#,
    ];
    for json in bad {
        assert!(matches!(loss(json).build().map(|_| ()), Err(ess_train::Error::Config { .. })), "{json}");
    }
    for scale in [f32::INFINITY, f32::NAN] {
        let endless = LossConfig::of(Softmax { scale, ..Softmax::default() });
        assert!(matches!(endless.build().map(|_| ()), Err(ess_train::Error::Config { .. })), "{scale}");
    }
    let unknown = r#"{"kind": "lambda", "scales": 1.0}"#;
    assert!(serde_json::from_str::<LossConfig>(unknown).is_err());
    for json in LOSSES {
        let written = serde_json::to_string(&loss(json)).unwrap();
        assert_eq!(loss(&written), loss(json));
    }
}

#[test]
fn a_loss_says_what_it_needs_and_its_absence_is_an_error() {
    let needs = |json| loss(json).build().unwrap().needs();
    assert_eq!(needs(r#"{"kind": "softmax"}"#), Needs::default());
    assert!(needs(r#"{"kind": "triplet", "candidates": "negatives"}"#).negatives);
    assert!(needs(r#"{"kind": "margin_mse"}"#).teacher);
    let items = noise(9, 3, 1);
    let items = Items::new(&items, &Device::flex());
    let run = |json: &str, query_dim| {
        let queries =
            QuerySet::new(noise(2, query_dim, 3), vec![vec![Judgement { item: 4, grade: 1 }]; 2]).unwrap();
        let trainer = Trainer::new(TrainerConfig { loss: loss(json), ..TrainerConfig::default() }).unwrap();
        let config = ess_search::LinearConfig::new(query_dim, 3);
        let module =
            <ess_search::Linear as ess_search::TrainableModule>::init(&config, items.device()).unwrap();
        trainer.with_progress(Progress::Silent).train(module, &items, &queries, &Stop::After(1)).map(|_| ())
    };
    for json in [r#"{"kind": "margin_mse"}"#, r#"{"kind": "listwise_kl"}"#] {
        assert!(matches!(run(json, 3), Err(ess_train::Error::Missing { .. })), "{json}");
    }
    assert!(matches!(run(r#"{"kind": "recovery"}"#, 4), Err(ess_train::Error::Missing { .. })));
    run(r#"{"kind": "recovery"}"#, 3).unwrap();
}

#[test]
fn negatives_are_mined_again_as_training_goes_on() {
    let embeddings = noise(200, 8, 1).normalized();
    let items = Items::new(&embeddings, &Device::flex());
    let relevant = |n: usize| (0..n).map(|item| vec![Judgement { item, grade: 1 }]).collect();
    // Queries that are their relevant item with its dimensions turned round: what a matrix can learn.
    let turned: Vec<Vec<f32>> =
        embeddings.rows().take(40).map(|row| row.iter().rev().copied().collect()).collect();
    let queries = QuerySet::new(Embeddings::from_rows(&turned).unwrap(), relevant(40)).unwrap();
    let config = TrainerConfig {
        loss: loss(r#"{"kind": "softmax", "candidates": "negatives"}"#),
        negatives: Some(
            serde_json::from_str(r#"{"per_query": 4, "depth": 20, "refresh_every": 5}"#).unwrap(),
        ),
        learning_rate: 0.1,
        weight_decay: 0.0,
        ..TrainerConfig::default()
    };
    let trainer = Trainer::new(config).unwrap().with_progress(Progress::Silent);
    let module = || {
        let config = ess_search::LinearConfig::new(8, 8);
        <ess_search::Linear as ess_search::TrainableModule>::init(&config, items.device()).unwrap()
    };
    let (_, curve) = trainer.train(module(), &items, &queries, &Stop::After(12)).unwrap();
    let steps: Vec<usize> = curve.mining.iter().map(|report| report.step).collect();
    assert_eq!(steps, [1, 6, 11]);
    assert!(curve.mining.iter().all(|report| report.taken == 160 && report.queries_short == 0));
    // Training brings relevant items among the most similar.
    assert!(curve.mining[2].relevant > curve.mining[0].relevant);
}
