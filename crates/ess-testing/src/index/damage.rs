//! Files of indexes, good and bad.

use std::{fs, path::Path};

use ess_core::{Embeddings, PersistentIndex};

use super::searching::search;
use crate::generate::embeddings;

pub(super) fn check<I: PersistentIndex>(build: &impl Fn(Embeddings) -> I) {
    let folder = match tempfile::tempdir() {
        Ok(folder) => folder,
        Err(error) => panic!("the suite needs a folder for temporary files: {error}"),
    };
    let path = folder.path().join("an.index");
    for (n, dim) in [(1, 1), (5, 3), (130, 20)] {
        same_again(&build(embeddings(n, dim, 50)), &embeddings(4, dim, 51), &path);
    }
    refuses_other_files::<I>(folder.path());
    let small = build(embeddings(3, 2, 52));
    save(&small, &path);
    torn::<I>(&path, &folder.path().join("torn.index"));
    altered::<I>(&path, &folder.path().join("altered.index"));
    let below_a_file = path.join("below.index");
    assert!(small.save(&below_a_file).is_err(), "saving below a file: expected an error");
}

fn same_again<I: PersistentIndex>(index: &I, queries: &Embeddings, path: &Path) {
    save(index, path);
    for (how, opened) in [("opened", I::open(path)), ("mapped", I::open_mapped(path))] {
        let opened = match opened {
            Ok(opened) => opened,
            Err(error) => panic!("a file just saved, {how}: expected an index, found the error {error}"),
        };
        let sizes = |index: &I| (index.len(), index.rows(), index.dim());
        assert_eq!(sizes(&opened), sizes(index), "saved and {how}: len, rows and dim");
        for k in [1, index.len()] {
            let expected = search(index, queries, k, "before saving");
            assert_eq!(search(&opened, queries, k, how), expected, "saved and {how}: the same hits");
        }
        // An opened index can be saved over the file that it is from.
        save(&opened, path);
    }
    assert!(I::verify(path).is_ok(), "a file just saved: verify");
}

fn save<I: PersistentIndex>(index: &I, path: &Path) {
    if let Err(error) = index.save(path) {
        panic!("saving: expected no error, found {error}");
    }
}

fn refuses_other_files<I: PersistentIndex>(folder: &Path) {
    refused::<I>(&folder.join("missing.index"), "a file that is missing");
    refused::<I>(folder, "a folder");
    let other = folder.join("other.index");
    for bytes in [&b""[..], b"something else", &[0; 1000], &[255; 1000]] {
        write(&other, bytes);
        refused::<I>(&other, "a file of something else");
    }
}

fn torn<I: PersistentIndex>(good: &Path, torn: &Path) {
    let bytes = fs::read(good).unwrap_or_default();
    for length in 0..bytes.len() {
        write(torn, &bytes[..length]);
        refused::<I>(torn, &format!("a file of {} bytes cut after {length}", bytes.len()));
    }
    write(torn, &[&bytes[..], &[0]].concat());
    refused::<I>(torn, "a file with a byte more");
}

fn altered<I: PersistentIndex>(good: &Path, altered: &Path) {
    let mut bytes = fs::read(good).unwrap_or_default();
    for at in 0..bytes.len() {
        for flip in [1, 0x80] {
            bytes[at] ^= flip;
            write(altered, &bytes);
            let claim = format!("a file with byte {at} altered");
            assert!(I::open(altered).is_err(), "{claim}: open: expected an error");
            assert!(I::verify(altered).is_err(), "{claim}: verify: expected an error");
            if let Ok(index) = I::open_mapped(altered) {
                // Wrong hits or an error, but no panic.
                let _ = index.search(&embeddings(2, index.dim(), 53), 1.max(index.len()));
            }
            bytes[at] ^= flip;
        }
    }
}

fn refused<I: PersistentIndex>(path: &Path, claim: &str) {
    assert!(I::open(path).is_err(), "{claim}: open: expected an error");
    assert!(I::open_mapped(path).is_err(), "{claim}: open_mapped: expected an error");
    assert!(I::verify(path).is_err(), "{claim}: verify: expected an error");
}

fn write(path: &Path, bytes: &[u8]) {
    // A new file each time: some file systems wait for the disk when one is emptied and written again.
    let _ = fs::remove_file(path);
    if let Err(error) = fs::write(path, bytes) {
        panic!("the suite needs to write {}: {error}", path.display());
    }
}
