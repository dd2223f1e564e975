//! Losses of queries that are rows of a scoring agree with the definitions, and so do their gradients.

use std::sync::Arc;

use ess_core::{Mixture, Neurons, Scoring};
use ess_search::embeddings_from_tensor;

use crate::definitions::{
    batches::{Batch, DIM, Scorer, noise, wide},
    formulas::definitions,
};

fn mixture(products: &[f64], _values: &[f64]) -> f64 {
    let shares: Vec<f64> = products.iter().map(|a| (2.0 * a).exp()).collect();
    products.iter().zip(&shares).map(|(a, share)| a * share).sum::<f64>() / shares.iter().sum::<f64>()
}

fn neurons(products: &[f64], values: &[f64]) -> f64 {
    let (biases, weights) = values.split_at(values.len() / 2);
    let units = products[1..].iter().zip(biases).zip(weights);
    products[0] + units.map(|((a, b), v)| v * (a + b).max(0.0)).sum::<f64>()
}

fn scorers() -> [Scorer; 3] {
    let scorer = |scoring: Arc<dyn Scoring>, score| Scorer { scoring, score };
    [
        scorer(Arc::new(Mixture { vectors: 1, sharpness: 2.0 }), mixture),
        scorer(Arc::new(Mixture { vectors: 3, sharpness: 2.0 }), mixture),
        scorer(Arc::new(Neurons { hidden: 4 }), neurons),
    ]
}

/// The batch with a row of the scoring for each query.
fn rows_of(scorer: Scorer, batch: Batch) -> Batch {
    let numbers = batch.judgements.len() * scorer.scoring.width(DIM);
    let queries = noise(numbers.div_ceil(DIM), 31)[..numbers].to_vec();
    Batch { queries, scoring: Some(scorer), ..batch }
}

fn check(batch: &Batch, tolerance: f64) {
    let along = wide(&noise(batch.queries.len().div_ceil(DIM), 7)[..batch.queries.len()]);
    let at = |definition: &crate::definitions::formulas::Definition, by: f64| {
        let moved: Vec<f64> = wide(&batch.queries).iter().zip(&along).map(|(q, a)| q + by * a).collect();
        batch.by_definition(definition, &moved, &wide(&batch.items))
    };
    let scoring = &batch.scoring.as_ref().unwrap().scoring;
    for (json, definition) in definitions().into_iter().filter(|(json, _)| !json.contains("recovery")) {
        let (mean, value) = (at(&definition, 0.0), batch.evaluate(json, true));
        assert!((value.loss - mean).abs() < 1e-5 * (1.0 + mean), "{scoring:?} {json}: {} {mean}", value.loss);
        let expected = (at(&definition, 1e-6) - at(&definition, -1e-6)) / 2e-6;
        let gradient = embeddings_from_tensor(value.gradient).unwrap();
        let found: f64 = gradient.as_slice().iter().zip(&along).map(|(&g, a)| f64::from(g) * a).sum();
        let close = (found - expected).abs() < tolerance * (1.0 + expected.abs());
        assert!(close, "{scoring:?} {json}: {found} is not {expected}");
    }
}

#[test]
fn every_loss_of_a_scoring_and_its_gradient_are_those_of_the_definition() {
    for scorer in scorers() {
        for (seed, weights) in [(1, vec![]), (2, vec![2.0, 0.5, 3.0, 0.0])] {
            check(&rows_of(scorer.clone(), Batch { weights, ..Batch::small(seed) }), 1e-4);
        }
    }
}

#[test]
fn blocks_of_queries_are_summed_up() {
    let batch = rows_of(scorers()[1].clone(), Batch::large(3));
    let definition = definitions().into_iter().find(|(json, _)| json.contains("\"softmax\"")).unwrap();
    let value = batch.evaluate(definition.0, true);
    let mean = batch.by_definition(&definition.1, &wide(&batch.queries), &wide(&batch.items));
    assert!((value.loss - mean).abs() < 1e-5 * (1.0 + mean), "{} is not {mean}", value.loss);
}
