//! Gradients are slopes, the order of items does not matter, and kernels agree with tensor operations.

use burn::tensor::Tensor;
use ess_core::Embeddings;
use ess_search::embeddings_from_tensor;
use proptest::prelude::*;

use crate::losses::{
    case::{Case, loss},
    every_loss::LOSSES,
};

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
        let order: Vec<usize> = (0..m).map(|position| (2 * m - 1 - position + shift) % m).collect();
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
