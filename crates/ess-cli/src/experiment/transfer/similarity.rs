//! How alike two tasks are, by what is known before any test query is searched.

use anyhow::Result;
use ess_core::{Embeddings, SearchModule};
use ess_diagnostics::LinearCka;
use ndarray::{Array1, ArrayView1};
use serde::{Deserialize, Serialize};

use crate::experiment::sample::Sample;

use super::modules::Modules;

/// Queries of each task that distances are taken between.
const QUERIES: usize = 150;

/// Figures of a source and a target, of their training queries alone. Larger is more alike.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(super) struct Similarity {
    /// Less the energy distance between the distributions of queries (Székely and Rizzo 2013).
    pub(super) queries: f64,
    /// The cosine between the mean differences of a query and its relevant items.
    pub(super) directions: f64,
    /// Linear CKA, without bias, between what the modules of the two make of the target's training queries; none where they do not
    /// vary or are too few.
    pub(super) modules: Option<f64>,
}

impl Similarity {
    pub(super) fn measure(modules: &Modules<'_>, source: usize, target: usize, seed: u64) -> Result<Self> {
        let (here, there) = (modules.sample(source, seed)?, modules.sample(target, seed)?);
        let queries = there.train.encodings();
        let of = |at: usize| -> Result<Embeddings> {
            Ok(modules.of("linear", &[at], seed)?.module()?.apply(queries)?)
        };
        let cka = LinearCka::of(&of(source)?, &of(target)?).ok();
        Ok(Self {
            queries: -energy(here.train.encodings(), queries),
            directions: cosine(direction(&here).view(), direction(&there).view()),
            modules: cka.map(|cka| cka.debiased),
        })
    }
}

fn energy(one: &Embeddings, other: &Embeddings) -> f64 {
    2.0 * distance(one, other) - distance(one, one) - distance(other, other)
}

/// The mean distance between rows of two sets.
fn distance(one: &Embeddings, other: &Embeddings) -> f64 {
    let first = |set: &Embeddings| set.len().min(QUERIES);
    let between =
        |x: &[f32], y: &[f32]| x.iter().zip(y).map(|(x, y)| f64::from(x - y).powi(2)).sum::<f64>().sqrt();
    let sum: f64 = one
        .rows()
        .take(QUERIES)
        .map(|x| other.rows().take(QUERIES).map(|y| between(x, y)).sum::<f64>())
        .sum();
    sum / (first(one) * first(other)) as f64
}

/// Where the relevant items lie from the queries, in the mean.
fn direction(sample: &Sample) -> Array1<f64> {
    let mut sum = Array1::zeros(sample.items.dim());
    for (query, judged) in sample.train.encodings().rows().zip(sample.train.judgements()) {
        let relevant: Vec<usize> =
            judged.iter().filter(|judged| judged.grade > 0).map(|judged| judged.item).collect();
        for &item in &relevant {
            let pairs = sample.items.row(item).iter().zip(query);
            let difference: Array1<f64> = pairs.map(|(d, q)| f64::from(d - q)).collect();
            sum.scaled_add(1.0 / relevant.len() as f64, &difference);
        }
    }
    sum
}

fn cosine(one: ArrayView1<'_, f64>, other: ArrayView1<'_, f64>) -> f64 {
    let lengths = (one.dot(&one) * other.dot(&other)).sqrt();
    if lengths > 0.0 { one.dot(&other) / lengths } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_energy_distance_of_two_points_is_twice_theirs_and_of_a_set_to_itself_none() {
        let at = |x: f32| Embeddings::from_rows(&[[x, 0.0]]).unwrap();
        assert_eq!(energy(&at(1.0), &at(4.0)), 6.0);
        assert_eq!(energy(&at(1.0), &at(1.0)), 0.0);
    }
}
