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

/// A software device leaves a loop after 65 535 rounds, and Burn goes along a row of similarities in one.
#[test]
fn it_finds_the_last_of_many_items() {
    let (items, queries) = (embeddings(70_001, 6, 8), embeddings(3, 6, 9));
    let expected = FlatIndex::new(items.clone()).unwrap().search(&queries, 70_001).unwrap();
    let index = DeviceIndex::new(&items, &gpu());
    let found = index.search(&queries, 70_001).unwrap();
    assert!(
        expected
            .iter()
            .flatten()
            .zip(found.iter().flatten())
            .all(|(e, f)| (e.similarity - f.similarity).abs() < 1e-6)
    );
    for last in [70_000, 65_536, 32_768] {
        let hits = index.search(&items.select(&[last]).unwrap(), 1).unwrap();
        assert_eq!(hits[0][0].item, last);
    }
}
