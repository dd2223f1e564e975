//! Values of losses.

use burn::tensor::{Device, Tensor};
use ess_core::Embeddings;
use ess_train::{Items, Judgement, LossBatch, LossConfig};

use crate::definitions::{
    batches::{Batch, DIM, noise, wide},
    formulas::definitions,
};

#[test]
fn every_loss_is_its_definition() {
    for seed in 0..5 {
        let batch = Batch::small(seed);
        for (json, definition) in definitions() {
            let expected = batch.by_definition(&definition, &wide(&batch.queries), &wide(&batch.items));
            for kernels in [true, false] {
                let found = batch.evaluate(json, kernels).loss;
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
    let items = Embeddings::from_vec(noise(2, 1), DIM).unwrap();
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
    let items = Embeddings::from_vec(noise(12, 1), DIM).unwrap();
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

#[test]
fn a_pair_that_is_apart_by_just_the_margin_teaches_nothing() {
    let items = Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0]]).unwrap();
    let items = Items::new(&items, &Device::flex());
    let json = r#"{"kind": "triplet", "margin": 0.25, "candidates": "all_items"}"#;
    let loss = serde_json::from_str::<LossConfig>(json).unwrap().build().unwrap();
    let judged = [Judgement { item: 0, grade: 1 }];
    let gradient = |x: f32| {
        let queries = Tensor::<2>::from_data([[x, 0.25]], &Device::flex());
        let value = loss.evaluate(queries, &LossBatch::new(vec![&judged[..]]), &items).unwrap();
        ess_search::embeddings_from_tensor(value.gradient).unwrap().as_slice().to_vec()
    };
    assert_eq!((gradient(0.5), gradient(0.4375)), (vec![0.0, 0.0], vec![-1.0, 1.0]));
}
