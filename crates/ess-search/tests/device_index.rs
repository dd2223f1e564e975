//! The index on a device keeps the promises of every index, in one block and in several chunks.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use burn::tensor::Device;
use ess_core::{Embeddings, Error, Index};
use ess_search::DeviceIndex;
use ess_testing::index::{Promise, conforms};

/// Exact, but for the order in which a product of several rows is summed up.
const PROMISE: Promise = Promise { batch: 1e-6, ..Promise::EXACT };

#[test]
fn an_index_in_one_block_conforms() {
    conforms(|items| DeviceIndex::new(&items, &Device::flex()), &PROMISE);
}

#[test]
fn an_index_that_takes_few_similarities_at_once_conforms() {
    let small = |items: Embeddings| DeviceIndex::new(&items, &Device::flex()).with_similarities_at_once(900);
    conforms(small, &PROMISE);
}

#[test]
fn a_query_whose_similarities_could_overflow_is_named() {
    let items = Embeddings::from_rows(&[[1.0, 0.0], [1e30, 0.0]]).unwrap();
    let index = DeviceIndex::new(&items, &Device::flex());
    let queries = Embeddings::from_rows(&[[1.0, 0.0], [1e30, 0.0]]).unwrap();
    let refused = index.search(&queries, 1).unwrap_err();
    assert!(matches!(refused, Error::NonFinite { row: 1, column: 1, .. }), "{refused}");
}
