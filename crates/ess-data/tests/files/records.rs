//! `corpus.jsonl` and `queries.jsonl`.

use std::io::Write;

use ess_data::{Error, Item, Query, RecordReader, read_records, write_records};
use flate2::{Compression, write::GzEncoder};
use proptest::prelude::*;

use crate::file_with;

fn read_items(content: impl AsRef<[u8]>) -> Result<Vec<Item>, Error> {
    let (_folder, path) = file_with(content);
    read_records(path)
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

const TWO: &str = "{\"_id\": \"a\", \"title\": \"T\", \"text\": \"x\"}\n{\"_id\": \"b\", \"text\": \"y\"}\n";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn reading_gives_what_was_written(
        items in prop::collection::btree_map("\\PC{1,8}|[\\n\\t \"]{1,3}", (any::<String>(), any::<String>()), 1..6),
        compressed in any::<bool>(),
    ) {
        let items: Vec<Item> = items.into_iter().map(|(id, (title, text))| Item { id, title, text }).collect();
        let queries: Vec<Query> =
            items.iter().map(|item| Query { id: item.id.clone(), text: item.title.clone() }).collect();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(if compressed { "records.jsonl.gz" } else { "records.jsonl" });
        write_records(&path, &items).unwrap();
        prop_assert_eq!(read_records::<Item>(&path).unwrap(), items);
        write_records(&path, &queries).unwrap();
        prop_assert_eq!(read_records::<Query>(&path).unwrap(), queries);
        prop_assert_eq!(std::fs::read(&path).unwrap().starts_with(&[0x1f, 0x8b]), compressed);
    }
}

#[test]
fn byte_order_mark_crlf_blank_lines_and_a_missing_last_line_end_are_fine() {
    let expected = read_items(TWO).unwrap();
    let variants = [
        format!("\u{feff}{TWO}"),
        TWO.replace('\n', "\r\n"),
        TWO.replace('\n', "\n\n  \n"),
        TWO.trim_end().to_owned(),
        TWO.replace("\"text\": \"y\"", "\"title\": null, \"metadata\": {\"n\": 1}, \"text\": \"y\""),
    ];
    for variant in variants {
        assert_eq!(read_items(&variant).unwrap(), expected, "{variant:?}");
    }
}

#[test]
fn zstd_is_told_by_content_and_may_have_several_frames() {
    let expected = read_items(TWO).unwrap();
    let pack = |content: &str| zstd::encode_all(content.as_bytes(), 3).unwrap();
    assert_eq!(read_items(pack(TWO)).unwrap(), expected);
    assert_eq!(read_items(pack(&format!("\u{feff}{TWO}"))).unwrap(), expected);
    let (first, second) = TWO.split_at(30);
    assert_eq!(read_items([pack(first), pack(second)].concat()).unwrap(), expected);
    // Cut, altered, and made to fill memory.
    let whole = pack(&TWO.replace('x', &"words of all kinds ".repeat(500)));
    for length in 1..whole.len() {
        assert!(read_items(&whole[..length]).is_err(), "{length}");
    }
    let bomb = pack(&" ".repeat(300 << 20));
    let error = read_items(bomb).unwrap_err();
    assert!(matches!(error, Error::Io { .. } | Error::Line { .. }), "{error}");
}

#[test]
fn gzip_is_told_by_content_and_may_have_several_members() {
    let expected = read_items(TWO).unwrap();
    let (first, second) = TWO.split_at(TWO.find('\n').unwrap() + 1);
    assert_eq!(read_items(gzip(TWO.as_bytes())).unwrap(), expected);
    assert_eq!(read_items([gzip(first.as_bytes()), gzip(second.as_bytes())].concat()).unwrap(), expected);
}

#[test]
fn a_compressed_file_torn_at_any_length_is_refused() {
    let good = gzip(TWO.as_bytes());
    for length in 0..good.len() {
        assert!(read_items(&good[..length]).is_err(), "{length} bytes");
    }
    let mut damaged = good.clone();
    let checksum = good.len() - 6;
    damaged[checksum] ^= 1;
    assert!(matches!(read_items(&damaged), Err(Error::Io { .. })));
}

#[test]
fn a_wrong_line_is_named() {
    let wrong: [&[u8]; 10] = [
        b"{\"_id\": \"c\"}",
        b"{\"_id\": 3, \"text\": \"x\"}",
        b"{\"_id\": \"\", \"text\": \"x\"}",
        b"{\"_id\": \"c\", \"text\": null}",
        b"[\"c\", \"title\", \"text\"]",
        b" [{\"_id\": \"c\", \"text\": \"x\"}]",
        b"{\"_id\": \"c\", \"text\": \"x\"",
        b"{\"_id\": \"c\", \"text\": \"x\"} {}",
        b"c\td\t1",
        b"{\"_id\": \"c\", \"text\": \"\xff\"}",
    ];
    for line in wrong {
        let error = read_items([TWO.as_bytes(), line].concat()).unwrap_err();
        assert!(matches!(error, Error::Line { line: 3, .. }), "{error}");
    }
    let message = read_items("{\"_id\": \"c\"}").unwrap_err().to_string();
    assert!(
        message.ends_with("line 1: expected a JSON item, found missing field `text` at column 12"),
        "{message}"
    );
}

#[test]
fn half_a_surrogate_pair_and_numbers_that_json_lacks_are_refused_by_line() {
    let half = [r#""\ud83d""#, r#""\ud83d x""#, r#""\ud83d\ud83d""#, r#""x\ude00""#];
    for value in half.into_iter().chain(["NaN", "Infinity", "-Infinity"]) {
        for line in
            [format!(r#"{{"_id": "c", "text": {value}}}"#), format!(r#"{{"_id": {value}, "text": "x"}}"#)]
        {
            let (_folder, path) = file_with([TWO, &line, "\n"].concat());
            for error in [read_records::<Item>(&path).map(|_| ()), read_records::<Query>(&path).map(|_| ())] {
                assert!(matches!(error, Err(Error::Line { line: 3, .. })), "{line}: {error:?}");
            }
        }
        let title = format!(r#"{{"_id": "c", "title": {value}, "text": "x"}}"#);
        let found = read_items([TWO, &title].concat());
        assert!(matches!(found, Err(Error::Line { line: 3, .. })), "{title}: {found:?}");
    }
    // Also where nothing is read.
    for value in ["NaN", "[0.5, NaN]", r#"{"score": -Infinity}"#] {
        let line = format!(r#"{{"_id": "c", "metadata": {value}, "text": "x"}}"#);
        let found = read_items([TWO, &line].concat());
        assert!(matches!(found, Err(Error::Line { line: 3, .. })), "{line}: {found:?}");
    }
    let whole = read_items(r#"{"_id": "c", "text": "\ud83d\ude00"}"#).unwrap();
    assert_eq!(whole[0].text, "\u{1f600}");
}

#[test]
fn a_duplicate_is_named_with_both_lines() {
    let error = read_items([TWO, "\n", TWO].concat()).unwrap_err();
    assert!(matches!(error, Error::DuplicateLine { line: 4, first: 1, ref id, .. } if id == "a"), "{error}");
}

#[test]
fn files_without_a_record_and_missing_files_are_refused() {
    for content in ["", "\n\n", "\u{feff}"] {
        assert!(matches!(read_items(content), Err(Error::EmptyFile { what: "item", .. })));
    }
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing");
    assert!(matches!(RecordReader::<Query>::open(&missing), Err(Error::Io { path, .. }) if path == missing));
    assert!(matches!(read_records::<Query>(folder.path()), Err(Error::Format { .. })));
}

#[test]
fn a_reader_ends_after_an_error() {
    let (_folder, path) = file_with("{}\n{}\n");
    let found: Vec<_> = RecordReader::<Item>::open(path).unwrap().collect();
    assert!(matches!(found[..], [Err(Error::Line { line: 1, .. })]));
}

#[test]
fn a_line_without_end_is_refused_also_when_it_is_compressed_a_thousandfold() {
    let bomb = gzip(&vec![b'x'; (64 << 20) + 1]);
    assert!(bomb.len() < 1 << 20);
    let error = read_items(bomb).unwrap_err();
    assert!(matches!(error, Error::Line { line: 1, ref found, .. } if found == "a longer one"), "{error}");
}

#[test]
fn records_without_an_id_of_their_own_are_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("queries.jsonl");
    let query = |id: &str| Query { id: id.into(), text: "x".into() };
    for wrong in [[query("a"), query("a")], [query("a"), query("")]] {
        assert!(matches!(write_records(&path, &wrong), Err(Error::Unwritable { what: "query", .. })));
    }
    assert!(!path.exists());
}
