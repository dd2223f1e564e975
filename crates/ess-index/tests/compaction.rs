//! Whatever was added, replaced, removed and compacted, in whatever order: hits, ids and space are those of the items left.

#![allow(clippy::unwrap_used, reason = "a test may")]

use std::path::Path;

use ess_core::{Embeddings, Index, MutableIndex, PersistentIndex};
use ess_index::{
    FlatIndex, GraphBuilder, GraphIndex, IdHit, IdentifiedIndex, IvfPqBuilder, IvfPqIndex, Progress, Storage,
};
use proptest::{prelude::*, sample::Index as At};

const DIM: usize = 3;

/// Small whole numbers, so that many similarities are equal and all sums are exact.
type Vector = [i8; DIM];

#[derive(Clone, Debug)]
enum Change {
    Add(Vec<Vector>),
    /// Gives an item of this position among those left another vector.
    Replace(At, Vector),
    /// Removes items of these positions among those left.
    Remove(Vec<At>),
    Compact,
}

fn vector() -> impl Strategy<Value = Vector> {
    prop::array::uniform3(-4_i8..=4)
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let change = prop_oneof![
        2 => prop::collection::vec(vector(), 1..6).prop_map(Change::Add),
        2 => (any::<At>(), vector()).prop_map(|(at, vector)| Change::Replace(at, vector)),
        3 => prop::collection::vec(any::<At>(), 1..8).prop_map(Change::Remove),
        2 => Just(Change::Compact),
    ];
    prop::collection::vec(change, 1..10)
}

fn first_items(count: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Vector>> {
    prop::collection::vec(vector(), count)
}

fn embeddings<'a>(vectors: impl IntoIterator<Item = &'a Vector>) -> Embeddings {
    let values = vectors.into_iter().flatten().map(|&value| value.into()).collect();
    Embeddings::from_vec(values, DIM).unwrap()
}

/// An index beside what should be in it.
struct Changed<I> {
    index: IdentifiedIndex<I, u64>,
    /// Of each row, the id and the vector of an item that is not removed.
    rows: Vec<Option<(u64, Vector)>>,
    next: u64,
}

impl<I: MutableIndex> Changed<I> {
    fn new(first: &[Vector], build: impl Fn(Embeddings) -> I) -> Self {
        let next = first.len() as u64;
        let index = IdentifiedIndex::new(build(embeddings(first)), (0..next).collect()).unwrap();
        Self { index, rows: (0..next).zip(first.iter().copied()).map(Some).collect(), next }
    }

    fn left(&self) -> Vec<(u64, Vector)> {
        self.rows.iter().flatten().copied().collect()
    }

    fn change(&mut self, change: &Change) {
        let left = self.left();
        match change {
            Change::Add(vectors) => {
                let ids: Vec<u64> = (self.next..).take(vectors.len()).collect();
                self.next += ids.len() as u64;
                self.index.add(&ids, &embeddings(vectors)).unwrap();
                self.rows.extend(ids.into_iter().zip(vectors.iter().copied()).map(Some));
            }
            Change::Replace(at, vector) if !left.is_empty() => {
                let (id, _) = *at.get(&left);
                self.index.upsert(&[id], &embeddings([vector])).unwrap();
                self.forget(id);
                self.rows.push(Some((id, *vector)));
            }
            Change::Remove(positions) if !left.is_empty() => {
                let mut ids: Vec<u64> = positions.iter().map(|at| at.get(&left).0).collect();
                ids.sort_unstable();
                ids.dedup();
                self.index.remove(&ids).unwrap();
                ids.into_iter().for_each(|id| self.forget(id));
            }
            Change::Compact => self.compact(),
            _ => {}
        }
    }

    fn forget(&mut self, id: u64) {
        let row = self.rows.iter_mut().find(|row| row.is_some_and(|(other, _)| other == id));
        *row.unwrap() = None;
    }

    fn compact(&mut self) {
        let given = self.index.compact().unwrap();
        let left = self.left();
        if left.is_empty() {
            assert_eq!(given, (0..self.rows.len()).map(Some).collect::<Vec<_>>());
            return;
        }
        let mut next = 0..;
        let expected: Vec<_> = self.rows.iter().map(|row| row.and_then(|_| next.next())).collect();
        assert_eq!(given, expected);
        self.rows = left.into_iter().map(Some).collect();
    }

    /// Rows, ids and what a query finds are of the items left.
    fn holds(&self) {
        let left = self.left();
        assert_eq!((self.index.len(), self.index.rows()), (left.len(), self.rows.len()));
        for (row, item) in self.rows.iter().enumerate() {
            if let Some((id, _)) = item {
                assert_eq!((self.index.row(id).unwrap(), self.index.id(row)), (row, Some(id)));
            }
        }
        assert!(
            (0..self.next)
                .all(|id| { self.index.row(&id).is_ok() == left.iter().any(|(other, _)| *other == id) })
        );
    }
}

const QUERIES: [Vector; 4] = [[1, 0, 0], [-2, 3, 1], [0, 0, 0], [4, -4, 2]];

fn hits<I: Index>(index: &IdentifiedIndex<I, u64>, k: usize) -> Vec<Vec<IdHit<u64>>> {
    index.search_ids(&embeddings(&QUERIES), k).unwrap()
}

fn saved_bytes(index: &impl PersistentIndex, path: &Path) -> Vec<u8> {
    index.save(path).unwrap();
    std::fs::read(path).unwrap()
}

/// An exact index finds what one finds that was built of the items left, and is saved as that one is.
fn exact_is_as_built_anew<I: MutableIndex>(
    first: &[Vector],
    changes: &[Change],
    build: impl Fn(Embeddings) -> I,
) where
    IdentifiedIndex<I, u64>: PersistentIndex,
{
    let folder = tempfile::tempdir().unwrap();
    let mut changed = Changed::new(first, &build);
    for change in changes.iter().chain([&Change::Compact]) {
        changed.change(change);
        changed.holds();
        let (ids, vectors): (Vec<u64>, Vec<Vector>) = changed.left().into_iter().unzip();
        if ids.is_empty() {
            continue;
        }
        let fresh = IdentifiedIndex::new(build(embeddings(&vectors)), ids).unwrap();
        for k in [1, 3.min(vectors.len()), vectors.len()] {
            assert_eq!(hits(&changed.index, k), hits(&fresh, k), "k = {k} after {change:?}");
        }
        if matches!(change, Change::Compact) {
            let [found, expected] =
                [&changed.index, &fresh].map(|index| saved_bytes(index, &folder.path().join("items.index")));
            assert!(found == expected, "{} bytes, {} if built anew", found.len(), expected.len());
        }
    }
}

/// An approximate one finds items that are left, with their own similarities; what was removed takes no room in its file.
fn approximate_is_of_the_items_left<I: MutableIndex>(
    first: &[Vector],
    changes: &[Change],
    build: impl Fn(Embeddings) -> I,
) where
    IdentifiedIndex<I, u64>: PersistentIndex,
{
    let folder = tempfile::tempdir().unwrap();
    let bytes =
        |index: &IdentifiedIndex<I, u64>| saved_bytes(index, &folder.path().join("items.index")).len();
    let mut changed = Changed::new(first, build);
    for change in changes.iter().chain([&Change::Compact]) {
        let (before, rows) = (bytes(&changed.index), changed.rows.len());
        changed.change(change);
        changed.holds();
        let left = changed.left();
        if matches!(change, Change::Compact) {
            let after = bytes(&changed.index);
            // Sections begin at round offsets, and codes come in blocks: a few rows may be the room between them.
            let smaller = if rows >= left.len() + 128 { after < before } else { after <= before };
            assert!(left.is_empty() || smaller, "{before} bytes, {after} of {} rows for {rows}", left.len());
        }
        let k = 5.min(left.len());
        let found = if k == 0 { Vec::new() } else { hits(&changed.index, k) };
        for (query, hits) in QUERIES.iter().zip(found) {
            assert_eq!(hits.len(), k);
            let mut ids: Vec<u64> = hits.iter().map(|hit| hit.id).collect();
            ids.sort_unstable();
            ids.dedup();
            assert_eq!(ids.len(), k, "an item was found twice");
            for hit in hits {
                let (_, vector) =
                    left.iter().find(|(id, _)| *id == hit.id).expect("an item that was removed");
                let products = query.iter().zip(vector).map(|(&q, &x)| f32::from(q) * f32::from(x));
                assert_eq!(hit.similarity, products.sum::<f32>());
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn flat_indexes_are_as_built_anew(first in first_items(1..40), changes in changes()) {
        exact_is_as_built_anew(&first, &changes, |items| FlatIndex::new(items).unwrap());
        for storage in [Storage::F16, Storage::I8] {
            exact_is_as_built_anew(&first, &changes, |items| FlatIndex::with_storage(items, storage).unwrap());
        }
    }
}

fn graph(items: Embeddings) -> GraphIndex {
    GraphBuilder { degree: 8, candidates: 16, ..GraphBuilder::default() }
        .build(items, Progress::Silent)
        .unwrap()
}

fn quantised(items: Embeddings) -> IvfPqIndex {
    IvfPqBuilder::default().build(items, Progress::Silent).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_graph_is_of_the_items_left(first in first_items(30..60), changes in changes()) {
        approximate_is_of_the_items_left(&first, &changes, graph);
    }

    #[test]
    fn codes_are_of_the_items_left(first in first_items(30..60), changes in changes()) {
        approximate_is_of_the_items_left(&first, &changes, quantised);
    }
}

/// Half of 1000 items removed: a file has close to half of its bytes.
#[test]
fn the_room_of_removed_items_goes_from_the_file_of_every_kind() {
    fn check<I: MutableIndex>(name: &str, build: impl Fn(Embeddings) -> I)
    where
        IdentifiedIndex<I, u64>: PersistentIndex,
    {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("items.index");
        let values = (0..1000 * 16).map(|i| (i as f32 * 0.37).sin()).collect();
        let items = build(Embeddings::from_vec(values, 16).unwrap());
        let mut index = IdentifiedIndex::new(items, (0..1000).collect::<Vec<u64>>()).unwrap();
        let before = saved_bytes(&index, &path).len() as u64;
        index.remove(&(0..1000).step_by(2).collect::<Vec<u64>>()).unwrap();
        assert!(saved_bytes(&index, &path).len() as u64 >= before);
        let compacted = ess_index::compact_file(&path, &path).unwrap();
        assert_eq!(compacted.bytes_after, std::fs::metadata(&path).unwrap().len());
        let share = compacted.bytes_after as f64 / before as f64;
        println!("{name}: {before} bytes of 1000 items, {} of the 500 left", compacted.bytes_after);
        assert!((0.4..0.65).contains(&share), "{name}: {share}");
        let ids: Vec<u64> = ess_index::ids(&path).unwrap().unwrap();
        assert_eq!(ids, (1..1000).step_by(2).collect::<Vec<u64>>());
        // Once more there is nothing to give back.
        let again = ess_index::compact_file(&path, &path).unwrap();
        assert_eq!(again.rows, (0..500).map(Some).collect::<Vec<_>>());
        assert_eq!(again.bytes_after, again.bytes_before);
    }
    for storage in [Storage::F32, Storage::F16, Storage::I8] {
        check(&format!("flat, {storage:?}"), |items| FlatIndex::with_storage(items, storage).unwrap());
    }
    check("graph", |items| GraphBuilder::default().build(items, Progress::Silent).unwrap());
    check("quantised", quantised);
}
