//! Files that change while they are read, and indexes of which a change fails.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    fs::File,
    ops::Range,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
};

use ess_core::{Embeddings, Error, Hit, Index, MutableIndex, PersistentIndex, SearchParams};
use ess_index::{FlatIndex, GraphBuilder, IdentifiedIndex, IndexFile, Opening, Progress, SharedIndex};

const OPENINGS: [Opening; 3] = [Opening::Read, Opening::Mapped, Opening::MappedUnverified];

/// Two items whose ids begin with their own number.
fn version(numbers: [f32; 2]) -> IdentifiedIndex<FlatIndex> {
    let items = Embeddings::from_rows(&numbers.map(|x| [x])).unwrap();
    let ids = numbers.iter().map(|x| format!("{x} is its number")).collect();
    IdentifiedIndex::new(FlatIndex::new(items).unwrap(), ids).unwrap()
}

/// The similarity with 1 is the item's number, which its id has too.
fn check(path: &Path, opening: Opening) {
    let file = IndexFile::open(path, opening).unwrap();
    let (index, ids) = (file.index().unwrap(), file.ids::<String>().unwrap().unwrap());
    let hits = index.search(&Embeddings::from_rows(&[[1.0]]).unwrap(), 2).unwrap();
    for hit in &hits[0] {
        assert_eq!(ids[hit.item], format!("{} is its number", hit.similarity));
    }
}

#[test]
fn a_reader_sees_one_version_while_files_are_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("items.index");
    let versions = [version([1.0, 2.0]), version([4.0, 3.0])];
    versions[0].save(&path).unwrap();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Acquire) {
                versions.iter().for_each(|version| version.save(&path).unwrap());
            }
        });
        for round in 0..600 {
            check(&path, OPENINGS[round % 3]);
        }
        done.store(true, Ordering::Release);
    });
}

#[test]
fn every_changed_byte_is_refused_unless_it_is_told_not_to_look() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("items.index");
    let items = Embeddings::from_vec((0..120).map(|x| (x as f32 * 0.7).sin()).collect(), 4).unwrap();
    let graph = GraphBuilder::default().build(items.clone(), Progress::Silent).unwrap();
    let ids = (0..30).collect::<Vec<u64>>();
    IdentifiedIndex::new(graph, ids).unwrap().save(&path).unwrap();
    let whole = std::fs::read(&path).unwrap();
    for at in (0..whole.len()).step_by(7) {
        let changed = folder.path().join("changed.index");
        let mut bytes = whole.clone();
        bytes[at] ^= 4;
        let _ = std::fs::remove_file(&changed);
        std::fs::write(&changed, bytes).unwrap();
        let error = IndexFile::open(&changed, Opening::default()).unwrap_err();
        assert!(error.to_string().contains("changed.index"), "byte {at}: {error}");
        if let Ok(file) = IndexFile::open(&changed, Opening::MappedUnverified) {
            let _ = file.index().map(|index| index.search(&items, 3));
        }
    }
    assert!(IndexFile::open(&path, Opening::Mapped).unwrap().index().is_ok());
}

#[test]
fn what_was_read_does_not_change_when_the_file_is_cut() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("items.index");
    version([1.0, 2.0]).save(&path).unwrap();
    let file = IndexFile::open(&path, Opening::Read).unwrap();
    let index = file.index().unwrap();
    File::options().write(true).open(&path).unwrap().set_len(10).unwrap();
    let hits = index.search(&Embeddings::from_rows(&[[1.0]]).unwrap(), 1).unwrap();
    assert_eq!(hits[0][0].similarity, 2.0);
    assert!(file.ids::<String>().is_err(), "what was not read yet is missed, with an error");
    for opening in OPENINGS {
        assert!(IndexFile::open(&path, opening).is_err(), "{opening:?}");
    }
}

/// An index that adds the first of several items and panics.
struct Fragile(FlatIndex);

impl Index for Fragile {
    fn dim(&self) -> usize {
        self.0.dim()
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    fn search_with(
        &self,
        queries: &Embeddings,
        k: usize,
        params: &SearchParams<'_>,
    ) -> Result<Vec<Vec<Hit>>, Error> {
        self.0.search_with(queries, k, params)
    }
}

impl MutableIndex for Fragile {
    fn add(&mut self, items: &Embeddings) -> Result<Range<usize>, Error> {
        self.0.add(&items.select(&[0])?)?;
        panic!("half way through");
    }

    fn remove(&mut self, rows: &[usize]) -> Result<(), Error> {
        self.0.remove(rows)
    }
}

#[test]
fn an_index_whose_change_panicked_is_refused() {
    let items = Embeddings::from_rows(&[[1.0], [2.0]]).unwrap();
    let shared = SharedIndex::new(Fragile(FlatIndex::new(items.clone()).unwrap()));
    let mut writer = shared.clone();
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| writer.add(&items)));
    assert!(panicked.is_err());
    let refused = |error: Error| error.to_string().contains("half changed");
    assert!(refused(shared.search(&items, 1).unwrap_err()));
    assert!(refused(writer.remove(&[0]).unwrap_err()));
    assert!(refused(shared.with(|_| Ok(())).unwrap_err()));
}

#[test]
fn threads_change_ids_through_a_shared_index() {
    let items = Embeddings::from_rows(&[[1.0, 0.0], [0.0, 1.0]]).unwrap();
    let index = FlatIndex::new(items.clone()).unwrap();
    let shared = SharedIndex::new(IdentifiedIndex::new(index, vec![0_u64, 1]).unwrap());
    std::thread::scope(|scope| {
        for thread in 1..=4_u64 {
            let (shared, items) = (shared.clone(), &items);
            scope.spawn(move || {
                for round in 0..20 {
                    let ids = [thread * 100 + round, 0];
                    shared.change(|index| index.upsert(&ids, items)).unwrap();
                    let hits = shared.with(|index| index.search_ids(items, 1)).unwrap();
                    assert_eq!(hits[1][0].similarity, 1.0);
                }
            });
        }
    });
    assert_eq!(shared.len(), 82);
    shared.change(|index| index.compact()).unwrap();
    assert_eq!(shared.rows(), 82);
    shared.change(|index| index.remove(&[100, 419])).unwrap();
    assert_eq!(shared.len(), 80);
}

#[test]
fn ids_stay_with_their_items_and_the_file_shrinks() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("items.index");
    let size = || std::fs::metadata(&path).unwrap().len();
    let items = Embeddings::from_vec((0..400 * 8).map(|x| (x as f32 * 0.7).sin()).collect(), 8).unwrap();
    let ids: Vec<String> = (0..400).map(|row| format!("item {row}")).collect();
    let gone: Vec<String> = ids.iter().skip(1).step_by(2).cloned().collect();
    let mut index = IdentifiedIndex::new(FlatIndex::new(items.clone()).unwrap(), ids).unwrap();
    index.remove(&gone).unwrap();
    index.save(&path).unwrap();
    let (before, expected) = (size(), index.search_ids(&items, 5).unwrap());
    index.compact().unwrap();
    assert_eq!(index.search_ids(&items, 5).unwrap(), expected);
    assert_eq!(index.row(&"item 6".to_owned()).unwrap(), 3);
    index.save(&path).unwrap();
    assert!(size() * 10 < before * 6, "{before} bytes before and {} after", size());
    let opened = IdentifiedIndex::<FlatIndex>::open(&path).unwrap();
    assert_eq!(opened.search_ids(&items, 5).unwrap(), expected);
}
