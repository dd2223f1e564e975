//! Batches of queries: as a loss gets them, and as the definitions do.

use std::sync::Arc;

use burn::tensor::{Device, Tensor, TensorData};
use ess_core::{Embeddings, Scoring};
use ess_train::{Items, Judgement, LossBatch, LossConfig, LossValue, TeacherScore};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::definitions::formulas::{Definition, Known};

pub(crate) const DIM: usize = 4;

/// Numbers between −1 and 1, `n × DIM`.
pub(crate) fn noise(n: usize, seed: u64) -> Vec<f32> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    (0..n * DIM).map(|_| random.random_range(-1.0..1.0)).collect()
}

pub(crate) fn tensor(values: &[f32], width: usize) -> Tensor<2> {
    let shape = [values.len() / width, width];
    Tensor::from_data(TensorData::new(values.to_vec(), shape), &Device::flex())
}

/// Queries, what is known of them, and the items.
pub(crate) struct Batch {
    pub(crate) queries: Vec<f32>,
    pub(crate) frozen: Vec<f32>,
    pub(crate) items: Vec<f32>,
    pub(crate) judgements: Vec<Vec<Judgement>>,
    pub(crate) teacher: Vec<Vec<TeacherScore>>,
    pub(crate) weights: Vec<f32>,
    /// What queries are rows of, with its definition; none for vectors and inner products.
    pub(crate) scoring: Option<Scorer>,
}

/// A scoring, and the score of one item from products and numbers, in double precision.
#[derive(Clone)]
pub(crate) struct Scorer {
    pub(crate) scoring: Arc<dyn Scoring>,
    pub(crate) score: fn(&[f64], &[f64]) -> f64,
}

impl Batch {
    /// Four queries and twelve items.
    pub(crate) fn small(seed: u64) -> Self {
        Self {
            queries: noise(4, seed),
            frozen: noise(4, 200 + seed),
            items: noise(12, 100 + seed),
            judgements: judgements(),
            teacher: teacher(),
            weights: Vec::new(),
            scoring: None,
        }
    }

    /// More queries and items than the kernels take at once.
    pub(crate) fn large(seed: u64) -> Self {
        let (n, m) = (150, 600);
        let of_query = |query: usize| {
            let at = |step: usize| (query * 31 + step * 7) % m;
            [(0, 1), (1, 3), (2, 0), (3, 1)].map(|(step, grade)| Judgement { item: at(step), grade }).into()
        };
        Self {
            queries: noise(n, seed),
            frozen: noise(n, 200 + seed),
            items: noise(m, 100 + seed),
            judgements: (0..n).map(of_query).collect(),
            teacher: vec![Vec::new(); n],
            weights: Vec::new(),
            scoring: None,
        }
    }

    pub(crate) fn evaluate(&self, json: &str, kernels: bool) -> LossValue {
        let loss = serde_json::from_str::<LossConfig>(json).unwrap().build().unwrap();
        let items = Embeddings::from_vec(self.items.clone(), DIM).unwrap();
        let items = Items::new(&items, &Device::flex());
        let items = if kernels { items } else { items.without_kernels() };
        let batch = LossBatch::new(self.judgements.iter().map(Vec::as_slice).collect())
            .with_teacher(self.teacher.iter().map(Vec::as_slice).collect())
            .with_frozen(tensor(&self.frozen, DIM))
            .with_weights(self.weights.clone())
            .with_item_gradient(self.scoring.is_none())
            .with_scoring(self.scoring.as_ref().map(|scorer| scorer.scoring.clone()));
        loss.evaluate(tensor(&self.queries, self.width()), &batch, &items).unwrap()
    }

    /// The length of a query's row.
    pub(crate) fn width(&self) -> usize {
        self.scoring.as_ref().map_or(DIM, |scorer| scorer.scoring.width(DIM))
    }

    /// The similarity of a query and an item.
    fn similarity(&self, query: &[f64], item: &[f64]) -> f64 {
        let dot = |vector: &[f64]| vector.iter().zip(item).map(|(q, d)| q * d).sum::<f64>();
        let Some(Scorer { scoring, score }) = &self.scoring else { return dot(query) };
        let (vectors, numbers) = query.split_at(scoring.vectors() * DIM);
        score(&vectors.chunks(DIM).map(dot).collect::<Vec<f64>>(), numbers)
    }

    /// The mean of a definition over the queries, each times its weight, at these queries and items.
    pub(crate) fn by_definition(&self, definition: &Definition, queries: &[f64], items: &[f64]) -> f64 {
        let m = items.len() / DIM;
        let relevant = |item: &usize| {
            let judged = self.judgements.iter().flatten();
            judged.into_iter().any(|judged| judged.grade > 0 && judged.item == *item)
        };
        let in_batch: Vec<usize> = (0..m).filter(relevant).collect();
        let of_query = |(row, query): (usize, &[f64])| {
            let mut grades = vec![0; m];
            self.judgements[row].iter().for_each(|judged| grades[judged.item] = judged.grade.max(0));
            let known = Known {
                query: query.to_vec(),
                frozen: wide(&self.frozen[row * DIM..][..DIM]),
                similarities: items.chunks(DIM).map(|item| self.similarity(query, item)).collect(),
                grades,
                in_batch: in_batch.clone(),
                teacher: self.teacher[row].iter().map(|score| (score.item, f64::from(score.score))).collect(),
            };
            definition(&known) * self.weights.get(row).copied().map_or(1.0, f64::from)
        };
        let n = queries.len() / self.width();
        queries.chunks(self.width()).enumerate().map(of_query).sum::<f64>() / n as f64
    }
}

pub(crate) fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().copied().map(f64::from).collect()
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
