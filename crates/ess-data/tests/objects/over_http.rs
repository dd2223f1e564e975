//! Folders that are only read.

use std::io::Read;

use ess_data::{Error, ObjectError, ObjectFolder, ObjectSettings};

use super::{
    content,
    store_server::{Fault, StoreServer},
};

#[test]
fn a_folder_of_a_plain_server_is_read_and_not_written() {
    let server = StoreServer::good();
    server.insert("data/corpus.jsonl", &content(2500));
    let settings = ObjectSettings { block_bytes: 1000, ..ObjectSettings::default() };
    let folder = ObjectFolder::open_with(&format!("{}/data", server.url), &settings).unwrap();
    let mut bytes = Vec::new();
    folder.read(&folder.info("corpus.jsonl").unwrap()).read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes, content(2500));
    assert_eq!(folder.find("nothing").unwrap(), None);
    server.asked();
    let disk = tempfile::tempdir().unwrap();
    let file = disk.path().join("file");
    std::fs::write(&file, "x").unwrap();
    let refused = folder.put("file", &file);
    assert!(matches!(refused, Err(Error::Object(ObjectError::Refused { .. }))), "{refused:?}");
    assert!(server.asked().is_empty());
}

#[test]
fn a_server_that_gives_no_parts_is_told_by_that() {
    let server = StoreServer::start(|asked| (asked.method == "GET").then_some(Fault::Whole));
    server.insert("data/file", &content(2500));
    let folder = ObjectFolder::open(&format!("{}/data", server.url)).unwrap();
    let mut reader = folder.read(&folder.info("file").unwrap());
    let error = reader.read_to_end(&mut Vec::new()).unwrap_err().downcast::<Error>().unwrap();
    assert!(
        matches!(&error, Error::Object(ObjectError::Refused { reason, .. }) if reason.contains("Range")),
        "{error}"
    );
}
