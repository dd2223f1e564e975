//! Items that are cut from larger matrices, too small or too large for rounding, and searches from rayon's own threads.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use ess_core::{Embeddings, Error, Index, MutableIndex, PersistentIndex};
use ess_index::{FlatBuilder, FlatIndex, GraphBuilder, GraphIndex, Progress, SharedIndex, Storage};
use ndarray::{Array2, s};
use rayon::prelude::*;

fn wave(n: usize, dim: usize) -> Array2<f32> {
    Array2::from_shape_fn((n, dim), |(i, j)| ((i * dim + j) as f32 * 0.7).sin())
}

fn graph(items: Embeddings) -> GraphIndex {
    GraphBuilder::default().build(items, Progress::Silent).unwrap()
}

#[test]
fn a_graph_of_rows_cut_from_a_matrix_has_those_rows() {
    let mut matrix = wave(9, 2);
    matrix.slice_collapse(s![4..7, ..]);
    let items = Embeddings::new(matrix).unwrap();
    let index = graph(items.clone());
    assert_eq!(index.len(), 3);
    let expected = FlatIndex::new(items.clone()).unwrap().search(&items, 3).unwrap();
    assert_eq!(index.search(&items, 3).unwrap(), expected);
}

#[test]
fn a_graph_of_items_beyond_any_norm_opens_again() {
    let items = Embeddings::from_rows(&[[3e38, 3e38], [0.0, 0.0], [1.0, 0.0]]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("items.index");
    graph(items).save(&path).unwrap();
    assert_eq!(GraphIndex::open(&path).unwrap().len(), 3);
}

#[test]
fn eight_bits_answer_as_f32_where_numbers_nearly_vanish_or_overflow() {
    let tiny = Embeddings::from_rows(&[[5.6e-21, 5.6e-21], [5.7e-21, 3e-21]]).unwrap();
    let query = Embeddings::from_rows(&[[6e-21, 6e-21]]).unwrap();
    let bytes = FlatBuilder::new(Storage::I8).build(tiny.clone()).unwrap();
    assert_eq!(bytes.search(&query, 1).unwrap(), FlatIndex::new(tiny).unwrap().search(&query, 1).unwrap());

    let mut large = vec![1.0; 1000];
    large[700] = -f32::MAX;
    let index = FlatBuilder::new(Storage::I8).build(Embeddings::from_vec(large, 1).unwrap()).unwrap();
    let error = index.search(&Embeddings::from_rows(&[[2.0]]).unwrap(), 1).unwrap_err();
    assert!(matches!(error, Error::NonFinite { column: 700, .. }), "{error}");
}

#[test]
fn more_dimensions_than_byte_sums_can_hold_are_refused() {
    let items = || Embeddings::new(Array2::ones((2, (1 << 16) + 1))).unwrap();
    assert!(FlatBuilder::new(Storage::I8).build(items()).is_err());
    assert!(GraphBuilder::default().build(items(), Progress::Silent).is_err());
}

#[test]
fn a_shared_index_is_searched_from_rayons_threads_while_it_changes() {
    let items = Embeddings::new(wave(300, 8)).unwrap();
    let shared = SharedIndex::new(graph(items.clone()));
    let mut writer = shared.clone();
    std::thread::scope(|scope| {
        let adding = scope.spawn(|| {
            for _ in 0..5 {
                writer.add(&items).unwrap();
            }
        });
        (0..200).into_par_iter().for_each(|row| {
            let query = items.select(&[row]).unwrap();
            assert_eq!(shared.search(&query, 3).unwrap()[0].len(), 3);
        });
        adding.join().unwrap();
    });
    assert_eq!(shared.len(), 1800);
}
