//! A small task that a matrix can learn.

use ess_core::Embeddings;
use ess_train::{Judgement, Progress, QuerySet, Trainer, TrainerConfig};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

pub(crate) const DIM: usize = 8;

/// Items on a sphere; queries that are their relevant item with its dimensions in another order.
pub(crate) struct Task {
    pub(crate) items: Embeddings,
    pub(crate) train: QuerySet,
    pub(crate) dev: QuerySet,
}

impl Task {
    pub(crate) fn new() -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let values = (0..150 * DIM).map(|_| random.random_range(-1.0..1.0)).collect();
        let items = Embeddings::from_vec(values, DIM).unwrap().normalized();
        let (train, dev) = (permuted(&items, 0..100), permuted(&items, 100..150));
        Self { items, train, dev }
    }
}

fn permuted(items: &Embeddings, rows: std::ops::Range<usize>) -> QuerySet {
    let query = |row: usize| (0..DIM).map(|i| items.row(row)[(i * 3 + 1) % DIM]).collect::<Vec<f32>>();
    let queries: Vec<Vec<f32>> = rows.clone().map(query).collect();
    let relevant = rows.map(|item| vec![Judgement { item, grade: 1 }]).collect();
    QuerySet::new(Embeddings::from_rows(&queries).unwrap(), relevant).unwrap()
}

/// A trainer that goes far in few steps.
pub(crate) fn trainer(refit: bool) -> Trainer {
    let config = TrainerConfig {
        learning_rate: 0.03,
        weight_decay: 0.0,
        max_steps: 40,
        evaluate_every: 10,
        refit,
        ..TrainerConfig::default()
    };
    Trainer::new(config).unwrap().with_progress(Progress::Silent)
}
