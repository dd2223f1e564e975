#![no_main]
//! Files of lines: qrels, runs, records and ids; and links, whose checksum is made right.

use std::path::Path;

use ess_core::{CalibratedLink, IsotonicLink, Sigmoid};
use ess_data::{
    Error, Item, QrelsFormat, Query, read_ids, read_link, read_qrels, read_records, read_run, write_ids,
    write_link, write_qrels, write_records,
};
use ess_files::unseal_json;
use ess_fuzz::{Folder, file_of, keep_seeds, sealed};
use libfuzzer_sys::fuzz_target;

fn seeds() -> impl Iterator<Item = (String, Vec<u8>)> {
    let texts: [(&str, &[u8]); 7] = [
        ("qrels-beir", b"query-id\tcorpus-id\tscore\nq 1\td1\t2\nq 1\td2\t-1\nq2\td1\t0\n"),
        ("qrels-trec", b"# pooled\nq1 0 d1 2\nq1 0 d2 -1\r\n\nq2\t0  d1\t0\n"),
        ("run", b"q1 Q0 d1 1 0.5 tag\nq1 Q0 d2 2 -1e-3 tag more\n# end\nq2\tQ0\td1\t1\t7\ttag\r\n"),
        ("items", b"{\"_id\": \"a\", \"title\": \"T\", \"text\": \"x \\ud83d\\ude42\"}\n{\"_id\": \"b\", \"text\": \"y\"}\n"),
        ("queries", b"{\"_id\": \"q\", \"text\": \"why\", \"metadata\": {\"more\": [1, 2]}}\n"),
        ("ids-array", b"[\"a\", \"b c\", \"\\u00fc\"]\n"),
        ("ids-lines", b"a\r\n\n[CLS]\nb c\n"),
    ];
    let sigmoid = Sigmoid::new(12.5, -6.25).expect("a link").into();
    let isotonic = IsotonicLink::new(vec![0.1, 0.7], vec![0.0, 0.3]).expect("a link").into();
    let texts = texts.into_iter().map(|(name, text)| (name.to_owned(), text.to_vec()));
    texts.chain([("link-sigmoid".to_owned(), link(sigmoid)), ("link-isotonic".to_owned(), link(isotonic))])
}

/// A link's file without its checksum.
fn link(link: CalibratedLink) -> Vec<u8> {
    let file = String::from_utf8(file_of(|path| write_link(path, &link).expect("a link"))).expect("JSON");
    unseal_json(&file).expect("a sealed link").expect("a sealed link").into_owned().into_bytes()
}

/// What could be written can be read, and is the same; what a format cannot hold is refused.
fn comes_back<T: PartialEq + std::fmt::Debug>(
    value: &T,
    path: &Path,
    write: impl FnOnce() -> Result<(), Error>,
    read: impl FnOnce() -> Result<T, Error>,
) {
    match write() {
        Ok(()) => assert_eq!(&read().expect("what was written"), value, "{}", path.display()),
        Err(error) => assert!(matches!(error, Error::Unwritable { .. }), "{error}"),
    }
}

fuzz_target!(init: keep_seeds("texts", seeds()), |bytes: &[u8]| {
    let folder = Folder::new();
    let path = folder.file("file", bytes);
    let again = folder.path().join("again");
    if let Ok(qrels) = read_qrels(&path) {
        for format in [QrelsFormat::Beir, QrelsFormat::Trec] {
            comes_back(&qrels, &path, || write_qrels(&again, &qrels, format), || read_qrels(&again));
        }
    }
    if let Ok(ids) = read_ids(&path) {
        comes_back(&ids, &path, || write_ids(&again, &ids), || read_ids(&again));
    }
    if let Ok(items) = read_records::<Item>(&path) {
        comes_back(&items, &path, || write_records(&again, &items), || read_records(&again));
    }
    if let Ok(queries) = read_records::<Query>(&path) {
        comes_back(&queries, &path, || write_records(&again, &queries), || read_records(&again));
    }
    let _ = read_run(&path);
    let _ = read_link(folder.file("link.json", &sealed(bytes)));
});
