//! Files of indexes of token vectors.

use std::path::{Path, PathBuf};

use ess_core::{Error as CoreError, Searcher};
use ess_index::{
    CompressedTokensBuilder, Error, IndexFile, Opening, Progress, TokenIndex, TokenIndexBuilder,
};

use super::words::texts;

/// What `golden/v1/tokens.index` was written from, by `cargo test -p ess-index --test tokens -- --ignored`.
fn index(keep_vectors: bool) -> TokenIndex {
    let tokens =
        CompressedTokensBuilder { centroids: Some(8), keep_vectors, ..CompressedTokensBuilder::default() };
    TokenIndexBuilder { tokens, ..TokenIndexBuilder::default() }
        .build(&texts(12, 0).0, Progress::Silent)
        .unwrap()
}

fn ids() -> Vec<String> {
    (0..12).map(|row| format!("item {row}")).collect()
}

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/v1/tokens.index")
}

#[test]
#[ignore = "writes the golden file"]
fn write() {
    index(false).save_with_ids(&golden(), &ids()).unwrap();
}

#[test]
fn files_of_version_1_answer_as_they_did() {
    let (expected, queries) = (index(false), texts(12, 5).1);
    for opening in [Opening::Read, Opening::Mapped, Opening::MappedUnverified] {
        let file = IndexFile::open(&golden(), opening).unwrap();
        assert_eq!((file.kind(), file.ids::<String>().unwrap().unwrap()), ("tokens", ids()));
        let opened = file.token_index().unwrap();
        assert_eq!(opened.settings(), expected.settings());
        for (found, expected) in
            opened.search(&queries, 5).unwrap().iter().zip(expected.search(&queries, 5).unwrap())
        {
            for (found, expected) in found.iter().zip(&expected) {
                assert_eq!(found.item, expected.item);
                // Machines without fused multiply-add round once more.
                assert!((found.similarity - expected.similarity).abs() < 1e-4);
            }
        }
    }
    ess_index::verify(&golden()).unwrap();
}

#[test]
fn an_index_comes_back_from_its_file_with_and_without_its_vectors() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tokens.index");
    let queries = texts(12, 5).1;
    for keep_vectors in [false, true] {
        let index = index(keep_vectors);
        index.save(&path).unwrap();
        for opening in [Opening::Read, Opening::Mapped, Opening::MappedUnverified] {
            let opened = TokenIndex::open(&path, opening).unwrap();
            assert_eq!(opened.tokens().keeps_vectors(), keep_vectors);
            assert_eq!(opened.search(&queries, 5).unwrap(), index.search(&queries, 5).unwrap());
            let memory = opened.memory_use();
            assert_eq!(memory.mapped > 0, opening != Opening::Read);
        }
        assert!(IndexFile::open(&path, Opening::Read).unwrap().ids::<String>().unwrap().is_none());
    }
    assert!(index(false).save_with_ids(&path, &ids()[1..]).is_err());
    let twice = [&ids()[..11], &ids()[3..4]].concat();
    let found = index(false).save_with_ids(&path, &twice).unwrap_err();
    let is_named = |id: &str| id == "item 3";
    assert!(
        matches!(&found, Error::Core(CoreError::DuplicateId { id, first: 3, second: 11 }) if is_named(id)),
        "{found}"
    );
    // The old file is as it was.
    assert!(TokenIndex::open(&path, Opening::Mapped).unwrap().tokens().keeps_vectors());
}

#[test]
fn a_file_of_another_kind_is_refused_either_way() {
    let refused = ess_index::open(&golden()).map(drop).unwrap_err().to_string();
    assert!(refused.contains("token vectors"), "{refused}");
    let flat = golden().with_file_name("flat-f32.index");
    assert!(TokenIndex::open(&flat, Opening::Read).is_err());
    assert!(ess_index::compact_file(&golden(), &golden().with_file_name("never-written.index")).is_err());
}

#[test]
fn files_cut_or_altered_anywhere_are_refused() {
    let whole = std::fs::read(golden()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("damaged.index");
    let refused = |bytes: &[u8]| {
        let _ = std::fs::remove_file(&path);
        std::fs::write(&path, bytes).unwrap();
        IndexFile::open(&path, Opening::Mapped).and_then(|file| file.token_index()).is_err()
    };
    assert!(!refused(&whole));
    for end in (0..whole.len()).step_by(97) {
        assert!(refused(&whole[..end]), "cut at {end}");
        let mut altered = whole.clone();
        altered[end] ^= 1;
        assert!(refused(&altered), "altered at {end}");
    }
}

#[test]
fn errors_of_files_are_those_that_the_docs_name() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let path = file.join("tokens.index");
    assert!(matches!(index(false).save(&path), Err(Error::Io { .. })));
    assert!(matches!(TokenIndex::open(&path, Opening::Mapped), Err(Error::Io { .. })));
    let flat = golden().with_file_name("flat-f32.index");
    assert!(matches!(TokenIndex::open(&flat, Opening::Mapped), Err(Error::Format { .. })));
    let mut bytes = std::fs::read(golden()).unwrap();
    let damaged = folder.path().join("damaged.index");
    std::fs::write(&damaged, &bytes[..bytes.len() - 1]).unwrap();
    assert!(matches!(TokenIndex::open(&damaged, Opening::Mapped), Err(Error::Format { .. })));
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&damaged, &bytes).unwrap();
    for opening in [Opening::Mapped, Opening::MappedUnverified] {
        let found = TokenIndex::open(&damaged, opening);
        assert_eq!(matches!(found, Err(Error::Damaged { .. })), opening == Opening::Mapped);
    }
}
