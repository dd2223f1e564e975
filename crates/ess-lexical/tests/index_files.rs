//! Files of sparse indexes: what is opened answers as what was saved, and damaged files are refused.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

use ess_core::{QueryEncoder, Searcher};
use ess_files::{Checksum, Error as FileError, Opening};
use ess_lexical::{
    Attached, Bm25Config, Bm25Encoder, Error, SparseIndex, SparseIndexFile, SparseVectors, SparseVectorsFile,
};
use ess_testing::{Scratch, damage};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

const OPENINGS: [Opening; 3] = [Opening::Read, Opening::Mapped, Opening::MappedUnverified];
/// Bytes before the header's JSON.
const PREFIX: usize = 40;

/// A BM25 index of `items` texts in a file, with all that is saved beside it.
fn written(folder: &Path, items: usize) -> (PathBuf, SparseIndex, Bm25Encoder) {
    let texts: Vec<String> =
        (0..items).map(|i| format!("word{} runs {} Häuser common", i % 7, i * i % 31)).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let (encoder, vectors) = Bm25Encoder::fit_and_encode(&texts, Bm25Config::default()).unwrap();
    let ids: Vec<String> = (0..items).map(|i| format!("d{i}")).collect();
    let (index, path) = (SparseIndex::new(&vectors), folder.join(format!("{items}.index")));
    let attached = Attached { ids: Some(&ids), bm25: Some(&encoder), made_by: Some("BM25") };
    SparseIndexFile::write(&path, &index, attached).unwrap();
    (path, index, encoder)
}

#[test]
fn what_is_opened_answers_as_what_was_saved() {
    let folder = tempfile::tempdir().unwrap();
    for items in [5, 5000] {
        let (path, index, encoder) = written(folder.path(), items);
        let texts = ["running word3", "häuser 16 common common", "unknown", ""];
        let queries = encoder.encode_queries(&texts).unwrap();
        for opening in OPENINGS {
            let file = SparseIndexFile::open(&path, opening).unwrap();
            let (opened, reader) = (file.index().unwrap(), file.bm25().unwrap().unwrap());
            assert_eq!(reader.encode_queries(&texts).unwrap(), queries);
            assert_eq!(reader.encode_items(&texts).unwrap(), encoder.encode_items(&texts).unwrap());
            for k in [1, 10, items] {
                assert_eq!(opened.search(&queries, k).unwrap(), index.search(&queries, k).unwrap());
            }
            assert_eq!(file.ids().unwrap().unwrap()[items - 1], format!("d{}", items - 1));
            assert_eq!((file.made_by(), file.len(), file.dim()), (Some("BM25"), items, index.dim()));
            let memory = opened.memory_use();
            assert_eq!(opening == Opening::Read, memory.mapped == 0, "{memory:?}");
            assert_eq!(opening == Opening::Read, memory.owned != 0, "{memory:?}");
        }
    }
}

#[test]
fn an_index_is_saved_alone_and_with_values_of_either_sign() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("alone.index");
    let items =
        SparseVectors::new(1 << 32, &[vec![(u32::MAX, -1.0), (3, 2.0)], vec![], vec![(3, 1.0)]]).unwrap();
    let index = SparseIndex::new(&items);
    SparseIndexFile::write(&path, &index, Attached::default()).unwrap();
    let file = SparseIndexFile::open(&path, Opening::Mapped).unwrap();
    assert!(file.bm25().unwrap().is_none() && file.ids().unwrap().is_none() && file.made_by().is_none());
    assert_eq!(file.index().unwrap().search(&items, 3).unwrap(), index.search(&items, 3).unwrap());
}

#[test]
fn what_does_not_belong_to_an_index_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (path, index, _) = written(folder.path(), 9);
    let other = Bm25Encoder::fit(&["other words"], Bm25Config::default()).unwrap();
    let ids = ["one".to_owned()];
    for attached in [
        Attached { bm25: Some(&other), ..Attached::default() },
        Attached { ids: Some(&ids), ..Attached::default() },
    ] {
        let refused = SparseIndexFile::write(&folder.path().join("other.index"), &index, attached);
        assert!(
            matches!(refused, Err(Error::Core(ess_core::Error::DimensionMismatch { .. }))),
            "{refused:?}"
        );
    }
    // What could not be opened, or names two items alike, does not take the place of a good file.
    let good = std::fs::read(&path).unwrap();
    let (twice, long) = (vec!["one".to_owned(); 9], "x".repeat(2 << 20));
    let attached = Attached { ids: Some(&twice), ..Attached::default() };
    let refused = SparseIndexFile::write(&path, &index, attached);
    assert!(matches!(refused, Err(Error::Core(ess_core::Error::DuplicateId { .. }))), "{refused:?}");
    let attached = Attached { made_by: Some(&long), ..Attached::default() };
    let refused = SparseIndexFile::write(&path, &index, attached).unwrap_err().to_string();
    assert!(refused.contains("a header of") && std::fs::read(&path).unwrap() == good, "{refused}");
    std::fs::write(folder.path().join("text"), "not an index, but a text that is long enough to be one")
        .unwrap();
    let refused = SparseIndexFile::open(&folder.path().join("text"), Opening::Read);
    assert!(matches!(refused, Err(Error::Files(FileError::Format { .. }))), "{refused:?}");
    assert!(
        SparseIndexFile::is_one(&path).unwrap()
            && !SparseIndexFile::is_one(&folder.path().join("text")).unwrap()
    );
}

#[test]
fn a_writer_is_told_that_another_is_at_work() {
    let folder = tempfile::tempdir().unwrap();
    let (path, index, _) = written(folder.path(), 9);
    ess_files::write_atomically(&path, |_| {
        let second = SparseIndexFile::write(&path, &index, Attached::default());
        assert!(matches!(second, Err(Error::Files(FileError::Busy { .. }))), "{second:?}");
        Ok(())
    })
    .unwrap();
}

/// Opens a file and takes all of it; the hits of a query where an index came of it.
fn taken(path: &Path, opening: Opening) -> Result<Vec<Vec<ess_core::Hit>>, Error> {
    let file = SparseIndexFile::open(path, opening)?;
    let index = file.index()?;
    let (encoder, ids) = (file.bm25(), file.ids());
    let terms = index.dim().min(50) as u32;
    let query = SparseVectors::new(index.dim(), &[(0..terms).map(|term| (term, 1.0)).collect()])?;
    let mut similarities = [0.0; 20];
    index.add_similarities_from(query.row(0), 1.0, 3, &mut similarities);
    if let Some(encoder) = encoder? {
        encoder.encode_queries(&["running word3 häuser"])?;
    }
    ids?;
    Ok(index.search(&query, 12)?)
}

#[test]
fn a_torn_or_altered_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (path, ..) = written(folder.path(), 40);
    let (good, expected) = (std::fs::read(&path).unwrap(), taken(&path, Opening::Read).unwrap());
    let broken = folder.path().join("broken.index");
    let refused = |bytes: &[u8]| {
        for opening in [Opening::Read, Opening::Mapped] {
            let _ = std::fs::remove_file(&broken);
            std::fs::write(&broken, bytes).unwrap();
            match taken(&broken, opening) {
                Err(Error::Files(FileError::Format { path, .. } | FileError::Damaged { path, .. })) => {
                    assert_eq!(path, broken);
                }
                other => panic!("{other:?} of {} bytes", bytes.len()),
            }
        }
    };
    (0..good.len()).step_by(3).for_each(|length| refused(&good[..length]));
    for at in 0..good.len() {
        let mut bytes = good.clone();
        bytes[at] ^= 1 << (at % 8);
        refused(&bytes);
    }
    refused(&[&good[..], &[0]].concat());
    assert_eq!(taken(&path, Opening::Mapped).unwrap(), expected);
}

/// Makes the checksums of a file right again, where its header can still be read.
fn repaired(mut bytes: Vec<u8>) -> Option<Vec<u8>> {
    let length = u32::from_le_bytes(bytes.get(12..16)?.try_into().ok()?) as usize;
    let start = PREFIX.checked_add(length)?;
    let mut header: Value = serde_json::from_slice(bytes.get(PREFIX..start)?).ok()?;
    for section in header.get_mut("sections")?.as_array_mut()? {
        let at = |name: &str| Some(usize::try_from(section.get(name)?.as_u64()?).ok()?.min(bytes.len()));
        let first = start.saturating_add(at("offset")?).min(bytes.len());
        let end = first.saturating_add(at("bytes")?).min(bytes.len());
        section["checksum"] = Checksum::of(&bytes[first..end]).to_string().into();
    }
    let mut json = serde_json::to_vec(&header).ok()?;
    (json.len() <= length).then(|| json.resize(length, b' '))?;
    bytes[16..PREFIX].copy_from_slice(Checksum::of(&json).to_string().as_bytes());
    bytes[PREFIX..start].copy_from_slice(&json);
    Some(bytes)
}

#[test]
fn nothing_behind_the_checksums_panics() {
    let folder = Scratch::new();
    let broken = folder.path().join("broken.index");
    let random = &mut ChaCha8Rng::seed_from_u64(3);
    for items in [30, 4100] {
        let (path, ..) = written(folder.path(), items);
        let good = std::fs::read(&path).unwrap();
        assert_eq!(repaired(good.clone()).map(|bytes| bytes.len()), Some(good.len()));
        let mut opened = 0;
        let count = damage::rounds(if items == 30 { 9200 } else { 800 });
        // Those whose header can no longer be read are refused at once, and are not counted.
        for bytes in damage::mutations(&good, 11, usize::MAX).filter_map(repaired).take(count) {
            let _ = std::fs::remove_file(&broken);
            std::fs::write(&broken, bytes).unwrap();
            opened += usize::from(taken(&broken, OPENINGS[random.random_range(0..3)]).is_ok());
        }
        println!("{items} items: {count} damaged indexes, {opened} of which are opened");
        // Otherwise only headers would be tried.
        assert!(opened > count / 100 && opened < count, "{opened} of {count}");
    }
}

#[test]
fn sizes_that_no_file_has_are_refused_before_memory_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let (path, ..) = written(folder.path(), 9);
    let good = std::fs::read(&path).unwrap();
    let length = u32::from_le_bytes(good[12..16].try_into().unwrap()) as usize;
    let header: Value = serde_json::from_slice(&good[PREFIX..PREFIX + length]).unwrap();
    let with = |change: &dyn Fn(&mut Value)| {
        let mut header = header.clone();
        change(&mut header);
        let mut json = serde_json::to_vec(&header).unwrap();
        json.resize((PREFIX + json.len()).next_multiple_of(64) - PREFIX, b' ');
        let mut bytes = good[..12].to_vec();
        bytes.extend((json.len() as u32).to_le_bytes());
        bytes.extend(Checksum::of(&json).to_string().into_bytes());
        bytes.extend(json);
        bytes.extend(&good[PREFIX + length..]);
        bytes
    };
    let mut announced = good.clone();
    announced[12..16].copy_from_slice(&u32::MAX.to_le_bytes());
    for bytes in [
        announced,
        with(&|header| header["about"]["items"] = (1_u64 << 60).into()),
        with(&|header| header["about"]["items"] = (1_u64 << 32).into()),
        with(&|header| header["about"]["dim"] = (1_u64 << 32).into()),
        with(&|header| header["about"]["window"] = 1.into()),
        with(&|header| header["about"]["surprise"] = 1.into()),
        with(&|header| header["kind"] = "another".into()),
        with(&|header| header["sections"][2]["bytes"] = (1_u64 << 62).into()),
        with(&|header| header["about"]["bm25"]["rules"] = "Snowball 1".into()),
        with(&|header| header["about"]["bm25"]["config"]["k1"] = (-1.0).into()),
        with(&|header| header["about"]["bm25"]["mean_length"] = 0.into()),
    ] {
        let _ = std::fs::remove_file(&path);
        std::fs::write(&path, &bytes).unwrap();
        let refused = taken(&path, Opening::Read);
        assert!(matches!(refused, Err(Error::Files(FileError::Format { .. }))), "{refused:?}");
    }
}

#[test]
fn vectors_come_back_as_they_were_and_damage_is_refused() {
    let folder = Scratch::new();
    let path = folder.path().join("items.sparse");
    let rows = [vec![(3, 1.5), (0, -2.0)], vec![], vec![(u32::MAX, 0.25)]];
    let ids = ["a", "ä", ""].map(str::to_owned).to_vec();
    let vectors = SparseVectors::new(1 << 32, &rows).unwrap();
    let file = SparseVectorsFile { vectors, ids, made_by: Some("a model".to_owned()) };
    file.save(&path).unwrap();
    assert_eq!(SparseVectorsFile::open(&path).unwrap(), file);
    let fewer = SparseVectorsFile { ids: vec![String::new()], ..file.clone() };
    assert!(matches!(fewer.save(&path), Err(Error::Core(ess_core::Error::DimensionMismatch { .. }))));
    let of_another_kind = SparseIndexFile::open(&path, Opening::Read);
    assert!(matches!(of_another_kind, Err(Error::Files(FileError::Format { .. }))), "{of_another_kind:?}");
    let good = std::fs::read(&path).unwrap();
    let refused = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        let found = SparseVectorsFile::open(&path);
        let typed = matches!(found, Err(Error::Files(FileError::Format { .. } | FileError::Damaged { .. })));
        assert!(typed, "{found:?} of {} bytes", bytes.len());
    };
    (0..good.len()).for_each(|length| refused(&good[..length]));
    for at in 0..good.len() {
        let mut bytes = good.clone();
        bytes[at] ^= 1 << (at % 8);
        refused(&bytes);
    }
    let (count, mut opened) = (damage::rounds(10_000), 0);
    for bytes in damage::mutations(&good, 5, usize::MAX).filter_map(repaired).take(count) {
        std::fs::write(&path, bytes).unwrap();
        opened += usize::from(SparseVectorsFile::open(&path).is_ok());
    }
    println!("{count} damaged files of vectors, {opened} of which are opened");
    assert!(opened > 100 && opened < count, "{opened} of {count} opened");
}
