//! Exact search on the GPU keeps the promises of every index.

use ess_core::{Embeddings, Index};
use ess_index::FlatIndex;
use ess_search::DeviceIndex;
use ess_testing::index::{Promise, conforms};

use crate::{devices::gpu, task::embeddings};

/// Exact, but for the order in which a product of several rows is summed up.
const PROMISE: Promise = Promise { batch: 1e-6, ..Promise::EXACT };

#[test]
fn an_index_on_the_gpu_conforms() {
    conforms(|items| DeviceIndex::new(&items, &gpu()), &PROMISE);
}

#[test]
fn an_index_on_the_gpu_that_takes_few_similarities_at_once_conforms() {
    let small = |items: Embeddings| DeviceIndex::new(&items, &gpu()).with_similarities_at_once(2000);
    conforms(small, &PROMISE);
}

#[test]
fn it_finds_what_the_exact_index_on_the_cpu_finds() {
    let (items, queries) = (embeddings(3000, 32, 8), embeddings(200, 32, 9));
    let expected = FlatIndex::new(items.clone()).unwrap().search(&queries, 20).unwrap();
    let found = DeviceIndex::new(&items, &gpu()).search(&queries, 20).unwrap();
    for (expected, found) in expected.iter().flatten().zip(found.iter().flatten()) {
        assert!((expected.similarity - found.similarity).abs() < 1e-6, "{expected:?} and {found:?}");
    }
}
