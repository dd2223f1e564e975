//! Ids of the caller's.

use ess_core::{Embeddings, Error, Index, PersistentIndex, SearchParams};
use ess_index::{FlatIndex, GraphBuilder, GraphIndex, IdentifiedIndex, Progress};
use ess_testing::index::{self, Promise};

fn numbered(items: Embeddings) -> IdentifiedIndex<FlatIndex, u64> {
    let ids = (0..items.len() as u64).map(|row| row * 10 + 7).collect();
    IdentifiedIndex::new(FlatIndex::new(items).expect("items"), ids).expect("different ids")
}

fn named(items: Embeddings) -> IdentifiedIndex<GraphIndex> {
    let ids = (0..items.len()).map(|row| format!("item {row}")).collect();
    let graph = GraphBuilder::default().build(items, Progress::Silent).expect("items");
    IdentifiedIndex::new(graph, ids).expect("different ids")
}

/// Five items on a line: the larger the id, the farther.
fn line() -> IdentifiedIndex<FlatIndex, u64> {
    let items: Vec<[f32; 1]> = (1..=5).map(|x| [x as f32]).collect();
    let index = FlatIndex::new(Embeddings::from_rows(&items).expect("numbers")).expect("items");
    IdentifiedIndex::new(index, vec![10, 20, 30, 40, 50]).expect("different ids")
}

fn found(index: &IdentifiedIndex<FlatIndex, u64>, k: usize, params: &SearchParams<'_>) -> Vec<u64> {
    let query = Embeddings::from_rows(&[[1.0]]).expect("a number");
    let hits = index.search_ids_with(&query, k, params).expect("hits");
    hits[0].iter().map(|hit| hit.id).collect()
}

#[test]
fn in_a_file() {
    index::persistent_conforms(numbered);
    index::persistent_conforms(named);
}

#[test]
fn by_rows() {
    index::conforms(numbered, &Promise::EXACT);
}

#[test]
fn ids_are_added_replaced_removed_and_filtered_by() {
    let mut index = line();
    let none = SearchParams::default();
    index.add(&[60], &Embeddings::from_rows(&[[6.0]]).expect("a number")).expect("a new id");
    assert_eq!(found(&index, 2, &none), [60, 50]);
    index.upsert(&[10, 70], &Embeddings::from_rows(&[[9.0], [5.5]]).expect("numbers")).expect("ids");
    assert_eq!(found(&index, 4, &none), [10, 60, 70, 50]);
    index.remove(&[60]).expect("an id");
    assert_eq!(found(&index, 2, &none), [10, 70]);
    assert_eq!(index.len(), 6);
    let set = index.row_set(&[20, 30]).expect("ids");
    assert_eq!(found(&index, 5, &SearchParams::from(&set)), [30, 20]);
}

#[test]
fn wrong_ids_are_refused_and_change_nothing() {
    let mut index = line();
    let two = Embeddings::from_rows(&[[7.0], [8.0]]).expect("numbers");
    assert!(matches!(index.add(&[60], &two), Err(Error::LengthMismatch { expected: 2, found: 1, .. })));
    assert!(matches!(index.add(&[60, 20], &two), Err(Error::DuplicateId { first: 1, second: 1, .. })));
    assert!(matches!(index.upsert(&[60, 60], &two), Err(Error::DuplicateId { first: 0, second: 1, .. })));
    assert!(matches!(index.remove(&[10, 60]), Err(Error::UnknownId { len: 5, .. })));
    assert!(matches!(index.row_set(&[60]), Err(Error::UnknownId { .. })));
    assert_eq!(found(&index, 5, &SearchParams::default()), [50, 40, 30, 20, 10]);
    let items = Embeddings::from_rows(&[[1.0], [2.0]]).expect("numbers");
    let twice = IdentifiedIndex::new(FlatIndex::new(items).expect("items"), vec![1, 1]);
    assert!(matches!(twice, Err(Error::DuplicateId { .. })));
}

#[test]
fn ids_are_saved_with_their_index() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("with-ids.index");
    let mut index = line();
    index.upsert(&[50], &Embeddings::from_rows(&[[0.5]]).expect("a number")).expect("an id");
    index.save(&path).expect("a file");
    for opened in [PersistentIndex::open(&path), PersistentIndex::open_mapped(&path)] {
        let mut opened: IdentifiedIndex<FlatIndex, u64> = opened.expect("an index");
        assert_eq!(found(&opened, 5, &SearchParams::default()), [40, 30, 20, 10, 50]);
        opened.remove(&[40]).expect("an id");
        assert_eq!(found(&opened, 1, &SearchParams::default()), [30]);
    }
    assert_eq!(ess_index::kind(&path).expect("an index"), "flat");
    assert_eq!(ess_index::ids(&path).expect("an index"), Some(vec![10_u64, 20, 30, 40, 50, 50]));
    assert!(ess_index::ids::<String>(&path).is_err(), "ids of another type");
    assert_eq!(ess_index::open(&path).expect("an index without ids").len(), 5);
    assert!(IdentifiedIndex::<FlatIndex, String>::open(&path).is_err(), "ids of another type");
    assert!(IdentifiedIndex::<GraphIndex, u64>::open(&path).is_err(), "an index of another kind");
}
