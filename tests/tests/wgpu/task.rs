//! A small search task whose numbers look random.

use burn::tensor::Device;
use ess_core::Embeddings;
use ess_train::{Items, Judgement, QuerySet, TeacherScore};

pub(crate) const QUERIES: usize = 24;
pub(crate) const ITEMS: usize = 60;
pub(crate) const DIM: usize = 12;

/// `n × d`, each row of unit norm.
pub(crate) fn embeddings(n: usize, d: usize, seed: u32) -> Embeddings {
    let value = |at: usize| {
        let mixed = (at as u32 + 1).wrapping_mul(2_654_435_761).wrapping_add(seed.wrapping_mul(0x9E37_79B9));
        let mixed = (mixed ^ (mixed >> 15)).wrapping_mul(0x85EB_CA6B);
        f32::from((mixed >> 16) as u16) / 32_768.0 - 1.0
    };
    Embeddings::from_vec((0..n * d).map(value).collect(), d).unwrap().normalized()
}

/// Two or three judgements for each query: grades 2 and 1, and for every third query a 0.
pub(crate) fn judgements() -> Vec<Vec<Judgement>> {
    let of_query = |query: usize| {
        let judged = |step: usize, grade| Judgement { item: (query * 7 + step) % ITEMS, grade };
        let mut judgements = vec![judged(0, 2), judged(1, 1)];
        if query.is_multiple_of(3) {
            judgements.push(judged(2, 0));
        }
        judgements
    };
    (0..QUERIES).map(of_query).collect()
}

/// Items that are not relevant, for each query.
pub(crate) fn negatives() -> Vec<Vec<usize>> {
    (0..QUERIES).map(|query| (3..8).map(|step| (query * 7 + step) % ITEMS).collect()).collect()
}

/// What a teacher says of some items, for each query.
pub(crate) fn teacher() -> Vec<Vec<TeacherScore>> {
    let score = |query: usize, step: usize| TeacherScore {
        item: (query * 7 + step) % ITEMS,
        score: ((query + step * step) as f32).cos(),
    };
    (0..QUERIES).map(|query| (0..6).map(|step| score(query, step)).collect()).collect()
}

/// Queries with their judgements.
pub(crate) fn queries() -> QuerySet {
    QuerySet::new(embeddings(QUERIES, DIM, 1), judgements()).unwrap()
}

/// The embeddings of the items.
pub(crate) fn items() -> Embeddings {
    embeddings(ITEMS, DIM, 2)
}

/// The items on a device.
pub(crate) fn on<'a>(embeddings: &'a Embeddings, device: &Device) -> Items<'a> {
    Items::new(embeddings, device)
}
