//! What the IVF-PQ index finds, and that it is the same index in any number of threads.

use ess_core::{Effort, Embeddings, Error, Index, MutableIndex, PersistentIndex, SearchParams};
use ess_index::{FlatIndex, IvfPqBuilder, Progress, Storage};
use ndarray::Array2;

/// Items of low intrinsic dimension and different norms: a curved surface of five latent numbers in 48 dimensions.
fn curved(n: usize, seed: usize) -> Embeddings {
    let number = |(i, j): (usize, usize)| {
        let latent = |k: usize| (((i + seed * 7919) * (2 * k + 3)) as f32 * 0.618_034).sin();
        let angle = (0..5).map(|k| latent(k) * ((j * (k + 1)) as f32 * 0.37).cos()).sum::<f32>();
        (1.0 + 0.3 * latent(7)) * (angle * 1.5 + j as f32 * 0.1).sin()
    };
    Embeddings::new(Array2::from_shape_fn((n, 48), number)).expect("finite numbers")
}

#[test]
fn tuning_reaches_the_recall_with_lists_and_without() {
    let (items, queries) = (curved(6000, 0), curved(60, 1));
    let exact = FlatIndex::new(items.clone()).expect("an exact index");
    for (lists, storage) in [(1, Storage::F32), (60, Storage::F16)] {
        let builder =
            IvfPqBuilder { lists: Some(lists), codes: Some(16), storage, ..IvfPqBuilder::default() };
        let index = builder.build(items.clone(), Progress::Silent).expect("an IVF-PQ index");
        let tuned = index.tune(&exact, &queries, 10, 0.95).expect("a setting that reaches it");
        let probes = tuned.effort.nprobe.expect("probes");
        assert!(tuned.recall >= 0.95 && probes <= lists.div_ceil(2).max(1), "{lists} lists: {tuned:?}");
        let other = index.recall_against(&exact, &curved(60, 2), 10, &tuned.effort).expect("a recall");
        assert!(other >= 0.9, "{lists} lists: recall {other} of other queries");
        let least = Effort { nprobe: Some(1), rescore: Some(10), ..Effort::default() };
        let least = index.recall_against(&exact, &queries, 10, &least).expect("a recall");
        assert!(least < tuned.recall, "the least effort finds less: {least}");
    }
}

#[test]
fn the_same_index_in_any_number_of_threads() {
    let items = curved(3000, 0);
    let folder = tempfile::tempdir().expect("a folder");
    let built_in = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        let path = folder.path().join(threads.to_string());
        let builder = IvfPqBuilder { lists: Some(20), codes: Some(8), ..IvfPqBuilder::default() };
        pool.install(|| builder.build(items.clone(), Progress::Silent).expect("an index").save(&path))
            .expect("a file");
        std::fs::read(&path).expect("a file")
    };
    let one = built_in(1);
    assert_eq!(built_in(3), one);
}

#[test]
fn what_is_added_in_pieces_is_found_and_saved() {
    let items = curved(2000, 0);
    let rows = |range: std::ops::Range<usize>| items.select(&range.collect::<Vec<_>>()).expect("rows");
    let builder = IvfPqBuilder { lists: Some(12), ..IvfPqBuilder::default() };
    let mut index = builder.build(rows(0..1000), Progress::Silent).expect("an index");
    for start in (1000..2000).step_by(100) {
        index.add(&rows(start..start + 100)).expect("room for more");
    }
    index.remove(&(0..2000).step_by(7).collect::<Vec<_>>()).expect("rows that exist");
    let queries = curved(20, 3);
    let all = SearchParams::from(Effort { nprobe: Some(12), rescore: Some(400), ..Effort::default() });
    let expected = index.search_with(&queries, 10, &all).expect("hits");
    let mut exact = FlatIndex::new(items.clone()).expect("an exact index");
    exact.remove(&(0..2000).step_by(7).collect::<Vec<_>>()).expect("rows that exist");
    let recall = index.recall_against(&exact, &queries, 10, &all.effort).expect("a recall");
    assert!(recall > 0.99, "{recall}");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("index");
    index.save(&path).expect("a file");
    for opened in [PersistentIndex::open(&path), PersistentIndex::open_mapped(&path)] {
        let opened: ess_index::IvfPqIndex = opened.expect("the index again");
        assert_eq!(opened.search_with(&queries, 10, &all).expect("hits"), expected);
    }
}

#[test]
fn settings_out_of_range_are_refused() {
    let wrong = [
        IvfPqBuilder { lists: Some(0), ..IvfPqBuilder::default() },
        IvfPqBuilder { codes: Some(0), ..IvfPqBuilder::default() },
        IvfPqBuilder { codes: Some(12), ..IvfPqBuilder::default() },
        IvfPqBuilder { codes: Some(264), ..IvfPqBuilder::default() },
        IvfPqBuilder { training_items: Some(255), ..IvfPqBuilder::default() },
        IvfPqBuilder { storage: Storage::I8, ..IvfPqBuilder::default() },
    ];
    for builder in wrong {
        let found = builder.build(curved(10, 0), Progress::Silent).map_err(Error::from);
        assert!(matches!(found, Err(Error::InvalidParameter { .. })), "{builder:?}: {found:?}");
    }
}

/// Version 1 of the format, kind "quantised": written by `write_the_golden_file`, to be read for ever.
const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/quantised-1.index");

/// 40 items of 6 dimensions, in numbers that f16 holds.
fn golden_items() -> Embeddings {
    let number = |(i, j): (usize, usize)| ((i * i + 7 * j * i + 3 * j) % 23) as f32 - 11.0;
    Embeddings::new(Array2::from_shape_fn((40, 6), number)).expect("finite numbers")
}

#[test]
fn the_golden_file_answers_as_the_exact_index() {
    let items = golden_items();
    let mut exact = FlatIndex::new(items.clone()).expect("an exact index");
    exact.remove(&[4, 35]).expect("rows that exist");
    let queries = items.select(&[0, 5, 39]).expect("rows");
    let expected = exact.search(&queries, 38).expect("hits");
    for opened in [PersistentIndex::open(GOLDEN.as_ref()), PersistentIndex::open_mapped(GOLDEN.as_ref())] {
        let opened: ess_index::IvfPqIndex = opened.expect("the golden file");
        assert_eq!((opened.lists(), opened.codes(), opened.storage()), (3, 8, Storage::F16));
        // Sums of small whole numbers are exact in any order.
        assert_eq!(opened.search(&queries, 38).expect("hits"), expected);
    }
}

#[test]
#[ignore = "writes the file that another test reads"]
fn write_the_golden_file() {
    let items = golden_items();
    let rows = |range: std::ops::Range<usize>| items.select(&range.collect::<Vec<_>>()).expect("rows");
    let builder =
        IvfPqBuilder { lists: Some(3), codes: Some(8), storage: Storage::F16, ..IvfPqBuilder::default() };
    let mut index = builder.build(rows(0..30), Progress::Silent).expect("an index");
    // A second segment.
    index.add(&rows(30..40)).expect("room for more");
    index.remove(&[4, 35]).expect("rows that exist");
    index.save(GOLDEN.as_ref()).expect("the file");
}

#[test]
fn it_says_what_it_can() {
    let index = IvfPqBuilder::default().build(curved(40, 0), Progress::Silent).expect("an IVF-PQ index");
    let can = index.capabilities();
    assert!(can.any_norm && can.filter && can.add && can.remove && can.save && can.nprobe && can.rescore);
    assert!(!can.ef_search);
}
