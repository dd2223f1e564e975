//! A batch to evaluate losses on.

use burn::tensor::{Device, Tensor, TensorData};
use ess_core::Embeddings;
use ess_train::{Items, Judgement, LossBatch, LossConfig, LossValue, TeacherScore};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

pub(crate) fn loss(json: &str) -> LossConfig {
    serde_json::from_str(json).unwrap()
}

/// A batch and the items that it is judged against.
pub(crate) struct Case {
    pub(crate) queries: Embeddings,
    pub(crate) frozen: Embeddings,
    pub(crate) items: Embeddings,
    pub(crate) judgements: Vec<Vec<Judgement>>,
    pub(crate) teacher: Vec<Vec<TeacherScore>>,
    pub(crate) negatives: Vec<Vec<usize>>,
    pub(crate) weights: Vec<f32>,
}

pub(crate) fn noise(n: usize, d: usize, seed: u64) -> Embeddings {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    Embeddings::from_vec((0..n * d).map(|_| random.random_range(-1.0..1.0)).collect(), d).unwrap()
}

impl Case {
    /// `n` queries, each with graded relevant items, one judged not relevant, negatives and a teacher.
    pub(crate) fn new(n: usize, m: usize, d: usize, seed: u64) -> Self {
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

    /// The same, with item `order[i]` at position `i`.
    pub(crate) fn reordered(&self, order: &[usize]) -> Self {
        let position = |item: usize| order.iter().position(|&other| other == item).unwrap();
        let judged = |&Judgement { item, grade }: &Judgement| Judgement { item: position(item), grade };
        let scored =
            |&TeacherScore { item, score }: &TeacherScore| TeacherScore { item: position(item), score };
        Self {
            queries: self.queries.clone(),
            frozen: self.frozen.clone(),
            items: self.items.select(order).unwrap(),
            judgements: self.judgements.iter().map(|all| all.iter().map(judged).collect()).collect(),
            teacher: self.teacher.iter().map(|all| all.iter().map(scored).collect()).collect(),
            negatives: self.negatives.iter().map(|all| all.iter().copied().map(position).collect()).collect(),
            weights: self.weights.clone(),
        }
    }

    /// The named queries, without weights.
    pub(crate) fn select(&self, rows: &[usize]) -> Self {
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

    pub(crate) fn evaluate(&self, loss: &LossConfig, kernels: bool) -> LossValue {
        self.evaluate_at(loss, kernels, &self.queries, &self.items)
    }

    pub(crate) fn evaluate_at(
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
