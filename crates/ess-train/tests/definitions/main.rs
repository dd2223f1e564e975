//! The losses that look at lists, against their definitions in double precision.

#![allow(clippy::unwrap_used, reason = "a test may")]

use burn::tensor::{Device, Tensor, TensorData};
use ess_core::Embeddings;
use ess_train::{Items, Judgement, LossBatch, LossConfig, TeacherScore};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const ITEMS: usize = 12;
const DIM: usize = 4;
/// The items that are relevant to any query of [`judgements`].
const RELEVANT: [usize; 10] = [0, 1, 2, 3, 6, 7, 8, 9, 10, 11];

fn noise(n: usize, seed: u64) -> Embeddings {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    Embeddings::from_vec((0..n * DIM).map(|_| random.random_range(-1.0..1.0)).collect(), DIM).unwrap()
}

/// A query's similarities and grades (0 where nobody judged), and a teacher's scores of some items.
struct Known {
    similarities: Vec<f64>,
    grades: Vec<i32>,
    teacher: Vec<(usize, f64)>,
}

impl Known {
    /// `Σ f(i, j)` over the pairs of these items of which `i` has the higher grade, and their number.
    fn pairs(&self, items: &[usize], f: impl Fn(usize, usize) -> f64) -> (f64, usize) {
        let pairs = items.iter().flat_map(|&i| items.iter().map(move |&j| (i, j)));
        let pairs: Vec<_> = pairs.filter(|&(i, j)| self.grades[i] > self.grades[j]).collect();
        (pairs.iter().map(|&(i, j)| f(i, j)).sum(), pairs.len())
    }

    fn mean(&self, items: &[usize], f: impl Fn(usize, usize) -> f64) -> f64 {
        let (sum, pairs) = self.pairs(items, f);
        if pairs == 0 { 0.0 } else { sum / pairs as f64 }
    }

    fn ahead(&self, i: usize, j: usize) -> f64 {
        self.similarities[i] - self.similarities[j]
    }

    /// The rank of an item, from 1.
    fn rank(&self, item: usize) -> usize {
        1 + self.similarities.iter().filter(|&&s| s > self.similarities[item]).count()
    }

    fn ideal(&self, gain: fn(i32) -> f64, cutoff: usize) -> f64 {
        let mut gains: Vec<f64> = self.grades.iter().map(|&grade| gain(grade)).collect();
        gains.sort_by(|a, b| b.total_cmp(a));
        gains.iter().zip(1..).map(|(gain, rank)| gain * discount(rank, cutoff)).sum()
    }

    fn scored(&self) -> Vec<usize> {
        self.teacher.iter().map(|&(item, _)| item).collect()
    }

    fn score(&self, item: usize) -> f64 {
        self.teacher.iter().find(|&&(other, _)| other == item).unwrap().1
    }
}

fn discount(rank: usize, cutoff: usize) -> f64 {
    if rank > cutoff { 0.0 } else { 1.0 / (1.0 + rank as f64).log2() }
}

fn linear(grade: i32) -> f64 {
    f64::from(grade)
}

fn exponential(grade: i32) -> f64 {
    f64::from(grade).exp2() - 1.0
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

fn log_softmax(values: &[f64]) -> Vec<f64> {
    let log_sum = values.iter().map(|x| x.exp()).sum::<f64>().ln();
    values.iter().map(|x| x - log_sum).collect()
}

fn lambda(known: &Known, scale: f64, gain: fn(i32) -> f64, cutoff: usize) -> f64 {
    let all: Vec<usize> = (0..ITEMS).collect();
    let of_pair = |i: usize, j: usize| {
        let gains = gain(known.grades[i]) - gain(known.grades[j]);
        let discounts = discount(known.rank(i), cutoff) - discount(known.rank(j), cutoff);
        (gains * discounts).abs() / known.ideal(gain, cutoff)
            * (1.0 + (-scale * known.ahead(i, j)).exp()).log2()
    };
    known.pairs(&all, of_pair).0
}

fn approx_ndcg(known: &Known, scale: f64, gain: fn(i32) -> f64) -> f64 {
    let of_item = |i: usize| {
        let others = (0..ITEMS).filter(|&j| j != i);
        let rank = 1.0 + others.map(|j| sigmoid(scale * known.ahead(j, i))).sum::<f64>();
        gain(known.grades[i]) / (1.0 + rank).log2()
    };
    1.0 - (0..ITEMS).map(of_item).sum::<f64>() / known.ideal(gain, usize::MAX)
}

fn softmax(known: &Known, scale: f64, gain: fn(i32) -> f64) -> f64 {
    let scaled: Vec<f64> = known.similarities.iter().map(|s| scale * s).collect();
    let gains: Vec<f64> = known.grades.iter().map(|&grade| gain(grade)).collect();
    let logs = log_softmax(&scaled);
    -gains.iter().zip(logs).map(|(gain, log)| gain * log).sum::<f64>() / gains.iter().sum::<f64>()
}

fn margin_mse(known: &Known, scale: f64) -> f64 {
    let off = |i, j| scale * known.ahead(i, j) - (known.score(i) - known.score(j));
    known.mean(&known.scored(), |i, j| off(i, j).powi(2))
}

fn listwise_kl(known: &Known, scale: f64, temperature: f64) -> f64 {
    let wanted =
        log_softmax(&known.teacher.iter().map(|&(_, score)| score / temperature).collect::<Vec<_>>());
    let found = known.scored().into_iter().map(|item| scale * known.similarities[item]).collect::<Vec<_>>();
    wanted.iter().zip(log_softmax(&found)).map(|(wanted, found)| wanted.exp() * (wanted - found)).sum()
}

type Definition = Box<dyn Fn(&Known) -> f64>;

/// Every loss over all items, or over what a teacher scored, with its definition.
fn definitions() -> Vec<(&'static str, Definition)> {
    let all = || (0..ITEMS).collect::<Vec<usize>>();
    vec![
        (
            r#"{"kind": "pairwise_logistic", "scale": 3.0, "candidates": "all_items"}"#,
            Box::new(move |k| k.mean(&all(), |i, j| (1.0 + (-3.0 * k.ahead(i, j)).exp()).ln())),
        ),
        (
            r#"{"kind": "pairwise_logistic", "scale": 3.0, "candidates": "in_batch"}"#,
            Box::new(|k| k.mean(&RELEVANT, |i, j| (1.0 + (-3.0 * k.ahead(i, j)).exp()).ln())),
        ),
        (
            r#"{"kind": "triplet", "margin": 0.4, "candidates": "all_items"}"#,
            Box::new(move |k| k.mean(&all(), |i, j| (f64::from(0.4_f32) - k.ahead(i, j)).max(0.0))),
        ),
        (
            r#"{"kind": "lambda", "scale": 3.0, "candidates": "all_items"}"#,
            Box::new(|k| lambda(k, 3.0, linear, usize::MAX)),
        ),
        (
            r#"{"kind": "lambda", "scale": 2.0, "gain": "exponential", "cutoff": 3, "candidates": "all_items"}"#,
            Box::new(|k| lambda(k, 2.0, exponential, 3)),
        ),
        (
            r#"{"kind": "lambda", "scale": 2.0, "cutoff": 1, "candidates": {"top": 500}}"#,
            Box::new(|k| lambda(k, 2.0, linear, 1)),
        ),
        (
            r#"{"kind": "approx_ndcg", "scale": 5.0, "candidates": "all_items"}"#,
            Box::new(|k| approx_ndcg(k, 5.0, linear)),
        ),
        (
            r#"{"kind": "approx_ndcg", "scale": 2.0, "gain": "exponential", "candidates": {"top": 12}}"#,
            Box::new(|k| approx_ndcg(k, 2.0, exponential)),
        ),
        (r#"{"kind": "softmax", "scale": 3.0}"#, Box::new(|k| softmax(k, 3.0, linear))),
        (
            r#"{"kind": "softmax", "scale": 3.0, "gain": "exponential"}"#,
            Box::new(|k| softmax(k, 3.0, exponential)),
        ),
        (
            r#"{"kind": "softmax", "scale": 3.0, "gain": "exponential", "candidates": {"top": 12}}"#,
            Box::new(|k| softmax(k, 3.0, exponential)),
        ),
        (r#"{"kind": "margin_mse", "scale": 2.0}"#, Box::new(|k| margin_mse(k, 2.0))),
        (
            r#"{"kind": "listwise_kl", "scale": 3.0, "temperature": 0.5}"#,
            Box::new(|k| listwise_kl(k, 3.0, 0.5)),
        ),
    ]
}

/// Queries with several grades, some judged not relevant, in no order; of one, all scored items are relevant, which leaves
/// margins nothing to compare.
fn judgements() -> Vec<Vec<Judgement>> {
    let judged =
        |pairs: &[(usize, i32)]| pairs.iter().map(|&(item, grade)| Judgement { item, grade }).collect();
    vec![
        judged(&[(7, 1), (2, 3), (5, 0), (11, 2)]),
        judged(&[(0, 1)]),
        judged(&[(9, 2), (3, 2), (4, -1), (8, 1), (1, 1)]),
        judged(&[(6, 3), (10, 1)]),
    ]
}

fn teacher() -> Vec<Vec<TeacherScore>> {
    let scored =
        |pairs: &[(usize, f32)]| pairs.iter().map(|&(item, score)| TeacherScore { item, score }).collect();
    vec![
        scored(&[(5, -0.5), (2, 1.5), (0, 0.25), (7, 0.5)]),
        scored(&[(3, 0.5), (0, 0.75), (1, -1.0)]),
        scored(&[(4, 0.0), (9, 0.3), (10, -0.7), (8, 0.2)]),
        scored(&[(6, 0.5), (10, 0.4)]),
    ]
}

#[test]
fn every_loss_over_lists_is_its_definition() {
    let (judgements, teacher) = (judgements(), teacher());
    for seed in 0..5 {
        let (queries, items) = (noise(4, seed), noise(ITEMS, 100 + seed));
        let known = |query: usize| {
            let dot = |item: &[f32]| {
                queries.row(query).iter().zip(item).map(|(&q, &d)| f64::from(q) * f64::from(d)).sum::<f64>()
            };
            let mut grades = vec![0; ITEMS];
            judgements[query].iter().for_each(|judged| grades[judged.item] = judged.grade.max(0));
            let teacher = teacher[query].iter().map(|score| (score.item, f64::from(score.score))).collect();
            Known { similarities: items.rows().map(dot).collect(), grades, teacher }
        };
        for (json, definition) in definitions() {
            let loss = serde_json::from_str::<LossConfig>(json).unwrap().build().unwrap();
            let expected = (0..4).map(|query| definition(&known(query))).sum::<f64>() / 4.0;
            for kernels in [true, false] {
                let on_device = Items::new(&items, &Device::flex());
                let on_device = if kernels { on_device } else { on_device.without_kernels() };
                let tensor = Tensor::from_data(
                    TensorData::new(queries.as_slice().to_vec(), [4, DIM]),
                    &Device::flex(),
                );
                let batch = LossBatch::new(judgements.iter().map(Vec::as_slice).collect())
                    .with_teacher(teacher.iter().map(Vec::as_slice).collect());
                let found = loss.evaluate(tensor, &batch, &on_device).unwrap().loss;
                assert!(
                    (found - expected).abs() < 1e-5 * (1.0 + expected),
                    "{json}: {found} is not {expected}"
                );
            }
        }
    }
}

#[test]
fn recovery_is_a_squared_distance_or_one_less_the_cosine() {
    let items = noise(2, 1);
    let items = Items::new(&items, &Device::flex());
    let judged = [Judgement { item: 0, grade: 1 }];
    let evaluate = |json: &str, mapped: [f32; 2], frozen: [f32; 2]| {
        let tensor = |row| Tensor::<2>::from_data([row], &Device::flex());
        let batch = LossBatch::new(vec![&judged[..]]).with_frozen(tensor(frozen));
        let loss = serde_json::from_str::<LossConfig>(json).unwrap().build().unwrap();
        let value = loss.evaluate(tensor(mapped), &batch, &items).unwrap();
        let gradient = ess_search::embeddings_from_tensor(value.gradient).unwrap();
        (value.loss, [gradient.row(0)[0], gradient.row(0)[1]])
    };
    let squared = r#"{"kind": "recovery"}"#;
    assert_eq!(evaluate(squared, [3.0, 1.0], [1.0, 0.0]), (5.0, [4.0, 2.0]));
    let cosine = r#"{"kind": "recovery", "distance": "cosine"}"#;
    assert_eq!(evaluate(cosine, [2.0, 0.0], [4.0, 0.0]).0, 0.0);
    assert_eq!(evaluate(cosine, [2.0, 0.0], [0.0, 4.0]), (1.0, [0.0, -0.5]));
    assert_eq!(evaluate(cosine, [-2.0, 0.0], [4.0, 0.0]).0, 2.0);
    for (mapped, frozen) in [([0.0, 0.0], [1.0, 0.0]), ([1.0, 0.0], [0.0, 0.0])] {
        assert_eq!(evaluate(cosine, mapped, frozen), (1.0, [0.0, 0.0]));
    }
}

/// Through `LossBatch` a query may come without a relevant item, which a set of queries has not.
#[test]
fn a_query_without_a_relevant_item_adds_nothing_to_losses_of_ranks() {
    let items = noise(ITEMS, 1);
    let items = Items::new(&items, &Device::flex());
    let judged = [Judgement { item: 3, grade: 0 }];
    for kind in ["approx_ndcg", "lambda", "pairwise_logistic", "triplet"] {
        let json = format!(r#"{{"kind": "{kind}", "candidates": "all_items"}}"#);
        let loss = serde_json::from_str::<LossConfig>(&json).unwrap().build().unwrap();
        let queries = Tensor::<2>::from_data([[0.1, 0.2, 0.3, 0.4]], &Device::flex());
        let value = loss.evaluate(queries, &LossBatch::new(vec![&judged[..]]), &items).unwrap();
        assert_eq!(value.loss, 0.0, "{kind}");
        let gradient = ess_search::embeddings_from_tensor(value.gradient).unwrap();
        assert!(gradient.as_slice().iter().all(|&slope| slope == 0.0), "{kind}");
    }
}
