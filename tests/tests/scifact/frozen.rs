//! The frozen encoder alone: figures that other libraries measured on the same embeddings.

use ess_core::Identity;

use crate::{measuring::evaluation, splits::SciFact};

#[test]
fn the_frozen_encoder_ranks_the_official_test_set_as_known() {
    let test = SciFact::get().official().test;
    let found = evaluation(&test, &Identity::new(384));
    assert_eq!(found.queries().len(), 300);
    let (ndcg, recall) = (found.mean("ndcg@10").unwrap(), found.mean("recall@100").unwrap());
    assert!((ndcg - 0.6451).abs() < 5e-4, "ndcg@10 {ndcg}");
    assert!((recall - 0.925).abs() < 1e-3, "recall@100 {recall}");
}

#[test]
fn the_frozen_encoder_ranks_the_item_disjoint_test_set_as_known() {
    let test = SciFact::get().item_disjoint().test;
    let found = evaluation(&test, &Identity::new(384));
    let (ndcg, recall) = (found.mean("ndcg@10").unwrap(), found.mean("recall@100").unwrap());
    assert!((ndcg - 0.7097).abs() < 5e-4, "ndcg@10 {ndcg}");
    assert!((recall - 0.954).abs() < 1e-3, "recall@100 {recall}");
}
