//! Files of version 1 stay readable.
//!
//! `tests/golden/v1/*.index` were written by `cargo test -p ess-index --test golden -- --ignored`, which makes them again
//! from the same numbers.

use std::path::{Path, PathBuf};

use ess_core::{Effort, Embeddings, Index, MutableIndex, PersistentIndex, SearchParams};
use ess_index::{
    FlatIndex, GraphBuilder, IdentifiedIndex, IndexFile, ItemVectors, IvfPqBuilder, Opening, Progress,
    Storage,
};

fn wave(n: usize, step: f32) -> Embeddings {
    let numbers = (0..n * 5).map(|i| (i as f32 * step).sin() * (1.0 + (i / 5 % 7) as f32 * 0.1)).collect();
    Embeddings::from_vec(numbers, 5).expect("numbers")
}

/// Every kind of index over the same 60 items, of which one is removed.
fn indexes() -> Vec<(PathBuf, Box<dyn Saved>)> {
    let flat = |storage| {
        let mut index = FlatIndex::with_storage(wave(60, 0.7), storage).expect("items");
        index.remove(&[7]).expect("a row");
        index
    };
    let ids = (0..60).map(|row| format!("item {row}")).collect();
    let numbered = IdentifiedIndex::new(FlatIndex::new(wave(60, 0.7)).expect("items"), ids);
    let mut numbered = numbered.expect("different ids");
    numbered.remove(&["item 7".to_owned()]).expect("an id");
    let moved = ItemVectors::Moved("xxh3-64:0123456789abcdef".to_owned());
    let moved = numbered.clone().with_vectors(moved);
    let mut graph = GraphBuilder::default().build(wave(60, 0.7), Progress::Silent).expect("items");
    graph.remove(&[7]).expect("a row");
    let builder = IvfPqBuilder { lists: Some(4), ..IvfPqBuilder::default() };
    let mut quantised = builder.build(wave(60, 0.7), Progress::Silent).expect("items");
    quantised.remove(&[7]).expect("a row");
    let named: Vec<(&str, Box<dyn Saved>)> = vec![
        ("flat-f32", Box::new(flat(Storage::F32))),
        ("flat-f16", Box::new(flat(Storage::F16))),
        ("flat-i8", Box::new(flat(Storage::I8))),
        ("flat-ids", Box::new(numbered)),
        ("flat-moved", Box::new(moved)),
        ("graph", Box::new(graph)),
        ("quantised", Box::new(quantised)),
    ];
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/v1");
    named.into_iter().map(|(name, index)| (folder.join(name).with_extension("index"), index)).collect()
}

trait Saved: Index {
    fn write(&self, path: &Path);
}

impl<I: PersistentIndex> Saved for I {
    fn write(&self, path: &Path) {
        self.save(path).expect("a file");
    }
}

#[test]
#[ignore = "writes the golden files"]
fn write() {
    for (path, index) in indexes() {
        index.write(&path);
    }
}

#[test]
fn files_of_version_1_answer_as_they_did() {
    let queries = wave(4, 0.3);
    for (path, index) in indexes() {
        for opened in [ess_index::open(&path), ess_index::open_mapped(&path)] {
            let opened = opened.expect("a golden file");
            assert_eq!((opened.len(), opened.rows(), opened.dim()), (59, 60, 5), "{}", path.display());
            // Every item is looked at, so that answers depend on nothing but what the file keeps.
            let all = SearchParams::from(Effort { ef_search: Some(60), nprobe: Some(60), rescore: Some(60) });
            let found = opened.search_with(&queries, 9, &all);
            let expected = index.search_with(&queries, 9, &all);
            let (found, expected) = (found.expect("hits"), expected.expect("hits"));
            for (found, expected) in found.iter().flatten().zip(expected.iter().flatten()) {
                assert_eq!(found.item, expected.item, "{}", path.display());
                // Machines without fused multiply-add round once more.
                assert!((found.similarity - expected.similarity).abs() < 1e-5, "{}", path.display());
            }
        }
    }
    let ids = ess_index::ids::<String>(&indexes()[3].0).expect("a golden file").expect("ids");
    assert_eq!(ids[59], "item 59");
    let vectors =
        |at: usize| IndexFile::open(&indexes()[at].0, Opening::Mapped).expect("a golden file").vectors();
    assert_eq!(vectors(3).expect("nothing said"), None);
    let moved = ItemVectors::Moved("xxh3-64:0123456789abcdef".to_owned());
    assert_eq!(vectors(4).expect("a section"), Some(moved));
}

/// Efforts are kept in configs; those of earlier names open too.
#[test]
fn an_effort_of_earlier_names_is_read() {
    let earlier = r#"{"candidates": 64, "probes": 4, "refine": 30}"#;
    let effort: Effort = serde_json::from_str(earlier).unwrap();
    assert_eq!(effort, Effort { ef_search: Some(64), nprobe: Some(4), rescore: Some(30) });
    let now = serde_json::to_string(&effort).unwrap();
    assert_eq!(now, r#"{"ef_search":64,"nprobe":4,"rescore":30}"#);
    assert_eq!(serde_json::from_str::<Effort>(&now).unwrap(), effort);
    assert!(serde_json::from_str::<Effort>(r#"{"efsearch": 64}"#).is_err());
}
