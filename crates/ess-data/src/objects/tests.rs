//! Folders over stores in memory and on disk.

use std::{io::Read, path::PathBuf, sync::Arc};

use object_store::{ObjectStore, memory::InMemory};
use proptest::prelude::*;

use super::{error::ObjectError, folder::ObjectFolder, set::ObjectSet, settings::ObjectSettings};
use crate::error::Error;

/// A disk, a store, and bytes that are not alike.
struct Stage {
    disk: tempfile::TempDir,
    store: Arc<dyn ObjectStore>,
}

impl Stage {
    fn new() -> Self {
        Self { disk: tempfile::tempdir().unwrap(), store: Arc::new(InMemory::new()) }
    }

    fn folder(&self, path: &str, block_bytes: usize) -> ObjectFolder {
        let settings = ObjectSettings { block_bytes, ..ObjectSettings::default() };
        ObjectFolder::of_store(self.store.clone(), path, "memory://test", &settings).unwrap()
    }

    fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.disk.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }
}

fn content(bytes: usize) -> Vec<u8> {
    (0..bytes).map(|at| (at * at / 7 + at) as u8).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Bytes up are bytes down, for any sizes and blocks, in memory and on disk.
    #[test]
    fn what_goes_up_comes_down(
        bytes in 0_usize..3000,
        written_by in 1_usize..700,
        read_by in 1_usize..700,
        buffer in 1_usize..300,
    ) {
        let stage = Stage::new();
        let content = content(bytes);
        let file = stage.file("file", &content);
        let on_disk = |block_bytes| {
            let settings = ObjectSettings { block_bytes, ..ObjectSettings::default() };
            let url = format!("file://{}/store", stage.disk.path().display());
            ObjectFolder::open_with(&url, &settings).unwrap()
        };
        for (up, down) in [
            (stage.folder("a/b", written_by), stage.folder("a/b", read_by)),
            (on_disk(written_by), on_disk(read_by)),
        ] {
            let put = up.put("object", &file).unwrap();
            prop_assert_eq!(put.bytes, bytes as u64);
            prop_assert_eq!(&down.list().unwrap(), std::slice::from_ref(&put));
            let (mut reader, mut part, mut read) = (down.read(&put), vec![0; buffer], Vec::new());
            loop {
                match reader.read(&mut part).unwrap() {
                    0 => break,
                    count => read.extend_from_slice(&part[..count]),
                }
            }
            prop_assert_eq!(&read, &content);
            let copy = stage.disk.path().join("copy");
            let checksum = down.fetch(&put, &copy).unwrap();
            prop_assert_eq!(std::fs::read(&copy).unwrap(), content.clone());
            prop_assert_eq!(checksum, ess_files::Checksum::of(&content));
        }
    }
}

#[test]
fn an_object_that_is_replaced_while_it_is_read_is_an_error_and_no_file() {
    let stage = Stage::new();
    let folder = stage.folder("", 10);
    let put = folder.put("object", &stage.file("one", &content(100))).unwrap();
    let mut reader = folder.read(&put);
    reader.read_exact(&mut [0; 15]).unwrap();
    // Of the same length: the tag tells.
    folder.put("object", &stage.file("other", &[1; 100])).unwrap();
    let error = reader.read_to_end(&mut Vec::new()).unwrap_err().downcast::<Error>().unwrap();
    assert!(
        matches!(&error, Error::Object(ObjectError::Changed { url, .. }) if url == "memory://test/object")
    );
    let copy = stage.disk.path().join("copy");
    assert!(matches!(folder.fetch(&put, &copy), Err(Error::Object(ObjectError::Changed { .. }))));
    assert!(!copy.exists());
}

#[test]
fn folders_hold_what_is_below_them_and_not_what_is_beside() {
    let stage = Stage::new();
    let file = stage.file("file", b"x");
    for (path, name) in [("a", "one"), ("a", "in/two"), ("ab", "three"), ("", "four")] {
        stage.folder(path, 8).put(name, &file).unwrap();
    }
    let names = |path| {
        stage.folder(path, 8).list().unwrap().into_iter().map(|object| object.name).collect::<Vec<_>>()
    };
    assert_eq!(names("a"), ["in/two", "one"]);
    assert_eq!(names(""), ["a/in/two", "a/one", "ab/three", "four"]);
    assert_eq!(names("nowhere"), [""; 0]);
    assert_eq!(stage.folder("a", 8).find("three").unwrap(), None);
    let missing = stage.folder("a", 8).info("three");
    assert!(matches!(missing, Err(Error::Object(ObjectError::Missing { .. }))));
    assert!(matches!(stage.folder("a", 8).info("../b"), Err(Error::Object(ObjectError::Url { .. }))));
}

#[test]
fn a_set_is_the_one_before_or_the_new_one() {
    let stage = Stage::new();
    let folder = stage.folder("out", 8);
    let files = [stage.file("corpus.npy", b"items"), stage.file("queries.npy", b"queries")];
    assert!(ObjectSet::read(&folder, "objects.json").unwrap().is_none());
    let first = ObjectSet::publish(&folder, "objects.json", &files).unwrap();
    assert_eq!((first.sent.len(), first.kept.len()), (2, 0));
    let before = ObjectSet::read(&folder, "objects.json").unwrap().unwrap();

    // A run that was stopped before it wrote the manifest.
    stage.file("corpus.npy", b"other items, more of them");
    let stopped = ObjectSet::publish(&folder, "stopped.json", &files[..1]).unwrap();
    let out = stage.disk.path().join("out");
    std::fs::create_dir(&out).unwrap();
    ObjectSet::read(&folder, "objects.json").unwrap().unwrap().fetch(&out).unwrap();
    assert_eq!(std::fs::read(out.join("corpus.npy")).unwrap(), b"items");

    // The next one sends nothing again, and what the set before had stays for its readers.
    let second = ObjectSet::publish(&folder, "objects.json", &files).unwrap();
    assert_eq!((second.sent.len(), second.kept.len()), (0, 2));
    assert_eq!(second.kept[0], stopped.sent[0]);
    assert_eq!(second.superseded, [first.sent[0].clone()]);
    before.fetch(&out).unwrap();
    assert_eq!(std::fs::read(out.join("corpus.npy")).unwrap(), b"items");
    ObjectSet::read(&folder, "objects.json").unwrap().unwrap().fetch(&out).unwrap();
    assert_eq!(std::fs::read(out.join("corpus.npy")).unwrap(), b"other items, more of them");
}

#[test]
fn an_object_with_another_content_is_sent_again_and_not_fetched() {
    let stage = Stage::new();
    let folder = stage.folder("out", 8);
    let file = stage.file("corpus.npy", b"items");
    let first = ObjectSet::publish(&folder, "objects.json", &[&file]).unwrap();
    // Someone else's hand, of the same length.
    folder.put_bytes(&first.sent[0], b"Items".to_vec()).unwrap();
    let out = stage.disk.path().join("out");
    std::fs::create_dir(&out).unwrap();
    let set = ObjectSet::read(&folder, "objects.json").unwrap().unwrap();
    let error = set.fetch(&out).unwrap_err();
    assert!(
        matches!(&error, Error::Object(ObjectError::Changed { expected, .. }) if expected.starts_with("xxh3"))
    );
    assert!(!out.join("corpus.npy").exists());
    assert_eq!(ObjectSet::publish(&folder, "objects.json", &[&file]).unwrap().sent, first.sent);
    ObjectSet::read(&folder, "objects.json").unwrap().unwrap().fetch(&out).unwrap();
    assert_eq!(std::fs::read(out.join("corpus.npy")).unwrap(), b"items");
}

#[test]
fn what_is_no_manifest_is_not_replaced_and_two_files_of_one_name_are_no_set() {
    let stage = Stage::new();
    let folder = stage.folder("out", 8);
    let file = stage.file("corpus.npy", b"items");
    folder.put_bytes("objects.json", b"{}".to_vec()).unwrap();
    let error = ObjectSet::publish(&folder, "objects.json", &[&file]).unwrap_err().to_string();
    assert!(error.starts_with("memory://test/objects.json: expected the manifest"), "{error}");
    let twice = ObjectSet::publish(&folder, "twice.json", &[&file, &file]);
    assert!(matches!(twice, Err(Error::Object(ObjectError::Url { .. }))));
    assert!(folder.find("twice.json").unwrap().is_none());
}
