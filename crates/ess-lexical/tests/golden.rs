//! Files of version 1 stay readable.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

use ess_core::{Hit, QueryEncoder, Searcher};
use ess_files::Opening;
use ess_lexical::{
    Attached, Bm25Config, Bm25Encoder, SparseIndex, SparseIndexFile, SparseVectors, SparseVectorsFile,
};

const OPENINGS: [Opening; 3] = [Opening::Read, Opening::Mapped, Opening::MappedUnverified];
/// More than a window of largest values holds.
const ITEMS: usize = 2100;

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

/// The bytes before the header of every file of version 1.
fn is_version_1(path: &Path) -> bool {
    std::fs::read(path).unwrap().starts_with(b"ESSPARSE\x01\0\0\0")
}

fn bm25() -> (Bm25Encoder, SparseIndex) {
    let text = |i: usize| format!("word{} runs {} Häuser", i % 7, i * i % 31);
    let texts: Vec<String> = (0..ITEMS).map(text).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let (encoder, items) = Bm25Encoder::fit_and_encode(&texts, Bm25Config::default()).unwrap();
    (encoder, SparseIndex::new(&items))
}

fn ids() -> Vec<String> {
    (0..ITEMS).map(|item| format!("d{item}")).collect()
}

fn signed() -> SparseVectors {
    SparseVectors::new(1 << 32, &[vec![(u32::MAX, -1.0), (3, 2.0)], vec![], vec![(3, 1.0)]]).unwrap()
}

fn vectors() -> SparseVectorsFile {
    SparseVectorsFile {
        vectors: SparseVectors::new(9, &[vec![(1, 2.5), (8, -0.25)], vec![]]).unwrap(),
        ids: vec!["a".to_owned(), "ü".to_owned()],
        made_by: Some("a model".to_owned()),
    }
}

/// The same items; their similarities but for the last bits, since machines round logarithms differently.
fn assert_alike(found: &[Vec<Hit>], expected: &[Vec<Hit>]) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(expected) {
            let apart = (found.similarity - expected.similarity).abs();
            assert!(found.item == expected.item && apart < 1e-4, "{found:?} {expected:?}");
        }
    }
}

#[test]
fn a_bm25_index_of_version_1_answers_as_it_did() {
    let path = golden("bm25-1.index");
    assert!(is_version_1(&path));
    let (encoder, index) = bm25();
    let texts = ["running word3", "häuser 16", "unknown"];
    let queries = encoder.encode_queries(&texts).unwrap();
    for opening in OPENINGS {
        let file = SparseIndexFile::open(&path, opening).unwrap();
        assert_eq!((file.len(), file.dim(), file.made_by()), (ITEMS, index.dim(), Some("BM25")));
        assert_eq!(file.ids().unwrap().unwrap(), ids());
        let (opened, reader) = (file.index().unwrap(), file.bm25().unwrap().unwrap());
        assert_eq!(reader.encode_queries(&texts).unwrap(), queries);
        assert_alike(&opened.search(&queries, 10).unwrap(), &index.search(&queries, 10).unwrap());
    }
}

#[test]
fn an_index_alone_of_version_1_answers_as_it_did() {
    let path = golden("signed-1.index");
    assert!(is_version_1(&path));
    let (items, index) = (signed(), SparseIndex::new(&signed()));
    for opening in OPENINGS {
        let file = SparseIndexFile::open(&path, opening).unwrap();
        assert!(file.bm25().unwrap().is_none() && file.ids().unwrap().is_none() && file.made_by().is_none());
        assert_eq!(file.index().unwrap().search(&items, 3).unwrap(), index.search(&items, 3).unwrap());
    }
}

#[test]
fn sparse_vectors_of_version_1_are_read() {
    let path = golden("vectors-1.sparse");
    assert!(is_version_1(&path));
    assert_eq!(SparseVectorsFile::open(&path).unwrap(), vectors());
}

/// `cargo test -p ess-lexical --test golden -- --ignored` writes the files anew.
#[test]
#[ignore = "writes golden files"]
fn write_golden_files() {
    let ((encoder, index), ids) = (bm25(), ids());
    let attached = Attached { ids: Some(&ids), bm25: Some(&encoder), made_by: Some("BM25") };
    SparseIndexFile::write(&golden("bm25-1.index"), &index, attached).unwrap();
    let index = SparseIndex::new(&signed());
    SparseIndexFile::write(&golden("signed-1.index"), &index, Attached::default()).unwrap();
    vectors().save(&golden("vectors-1.sparse")).unwrap();
}
