//! Gradients are slopes of the definitions, which double precision gives to many digits.

use ess_search::embeddings_from_tensor;

use crate::definitions::{
    batches::{Batch, noise, wide},
    formulas::{Definition, definitions},
};

/// How fast a definition changes where the queries (or items) move along `direction`.
fn slope(batch: &Batch, definition: &Definition, direction: &[f64], of_items: bool) -> f64 {
    let moved = |values: &[f32], by: f64| -> Vec<f64> {
        wide(values).iter().zip(direction).map(|(value, along)| value + by * along).collect()
    };
    let at = |by: f64| match of_items {
        true => batch.by_definition(definition, &wide(&batch.queries), &moved(&batch.items, by)),
        false => batch.by_definition(definition, &moved(&batch.queries, by), &wide(&batch.items)),
    };
    (at(1e-6) - at(-1e-6)) / 2e-6
}

fn check(batch: &Batch, json: &str, definition: &Definition) {
    let [along_queries, along_items] =
        [(&batch.queries, 7), (&batch.items, 8)].map(|(of, seed)| wide(&noise(of.len() / 4, seed)));
    let expected = slope(batch, definition, &along_queries, false);
    let expected_of_items = slope(batch, definition, &along_items, true);
    for kernels in [true, false] {
        let value = batch.evaluate(json, kernels);
        let mean = batch.by_definition(definition, &wide(&batch.queries), &wide(&batch.items));
        assert!((value.loss - mean).abs() < 1e-5 * (1.0 + mean), "{json}: {} is not {mean}", value.loss);
        let along = |gradient, direction: &[f64]| -> f64 {
            let gradient = embeddings_from_tensor(gradient).unwrap();
            gradient.as_slice().iter().zip(direction).map(|(&slope, along)| f64::from(slope) * along).sum()
        };
        let found = along(value.gradient, &along_queries);
        let name = format!("{json}, kernels {kernels}");
        assert!(
            (found - expected).abs() < 1e-4 * (1.0 + expected.abs()),
            "{name}: {found} is not {expected}"
        );
        let found = value.item_gradient.map_or(0.0, |gradient| along(gradient, &along_items));
        let expected = expected_of_items;
        assert!(
            (found - expected).abs() < 1e-4 * (1.0 + expected.abs()),
            "{name}, items: {found} is not {expected}"
        );
    }
}

#[test]
fn every_gradient_is_the_slope_of_the_definition() {
    for (seed, weights) in [(1, vec![]), (2, vec![2.0, 0.5, 3.0, 0.0]), (3, vec![0.25, 1.0, 1.5, 4.0])] {
        let batch = Batch { weights, ..Batch::small(seed) };
        for (json, definition) in definitions() {
            check(&batch, json, &definition);
        }
    }
}

#[test]
fn gradients_over_many_queries_and_items_are_slopes_too() {
    let batch = Batch::large(1);
    let weights = (0..150).map(|query| (query % 4) as f32 * 0.5).collect();
    let batch = Batch { weights, ..batch };
    for (json, definition) in definitions() {
        let shared = ["softmax", "pairwise_logistic", "triplet"].iter().any(|kind| json.contains(kind));
        if shared && !json.contains("top") {
            check(&batch, json, &definition);
        }
    }
}
