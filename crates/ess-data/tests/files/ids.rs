//! Ids by themselves.

use std::io::Write;

use ess_core::Ids;
use ess_data::{Error, read_ids, write_ids};
use flate2::{Compression, write::GzEncoder};

use crate::{file_with, golden};

fn read(content: impl AsRef<[u8]>) -> Result<Vec<String>, Error> {
    let (_folder, path) = file_with(content);
    Ok(read_ids(path)?.as_slice().to_vec())
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn ids_come_as_json_or_as_lines() {
    let ids = Ids::new(["a", "b c", "ß"].map(String::from).to_vec()).unwrap();
    let (_folder, path) = file_with("\u{feff}a\r\n\nb c\nß");
    assert_eq!(read_ids(&path).unwrap(), ids);
    write_ids(&path, &ids).unwrap();
    assert_eq!(read_ids(&path).unwrap(), ids);
}

#[test]
fn compressed_ids_are_unpacked_whatever_their_form() {
    for content in
        ["[\"d1\", \"d2\"]", "\u{feff}\n [\n\"d1\",\n\"d2\"\n]\n", "d1\r\nd2\r\n", "\u{feff}d1\nd2"]
    {
        assert_eq!(read(content).unwrap(), ["d1", "d2"], "{content:?}");
        assert_eq!(read(gzip(content.as_bytes())).unwrap(), ["d1", "d2"], "{content:?}");
    }
    assert_eq!(read(gzip(b"[\"d1\"]")).unwrap(), ["d1"]);
    let torn = gzip(b"[\"d1\", \"d2\"]");
    assert!(matches!(read(&torn[..torn.len() - 3]), Err(Error::Io { .. })));
}

#[test]
fn lines_may_begin_with_a_bracket() {
    for lines in
        [["[PAD]", "[CLS]"], ["[1] one", "[2] two"], ["[3,4-b]furan", "x"], ["[]", "[x]"], ["[[a]]", "b"]]
    {
        assert_eq!(read(lines.join("\n")).unwrap(), lines);
    }
    assert_eq!(read("d1 \nd2\t\n").unwrap(), ["d1 ", "d2\t"]);
}

#[test]
fn arrays_that_are_torn_or_hold_something_else_are_refused() {
    for content in [
        "[1, 2]",
        "[1,\n2]",
        "[1,\n2",
        "[1, 2",
        "[\n1\n",
        "[null]",
        "[[\"a\"]]",
        "[{\"_id\": \"a\"}]",
        "[{\"_id\": \"a\"}",
        "[\"a\", 1]",
        "[\"a\"",
        "[\"a\",\n\"b\"\n",
        "[\"a\"] more",
        "[\"\"]",
        "[\"a\", \"\", \"b\"]",
    ] {
        assert!(matches!(read(content), Err(Error::Format { .. })), "{content:?}");
    }
}

/// A file of texts, or a map of ids to rows, given for ids.
#[test]
fn records_and_maps_are_no_ids() {
    let records = "{\"_id\": \"d1\", \"text\": \"a\"}\n{\"_id\": \"d2\", \"text\": \"b\"}\n";
    assert!(matches!(read(records), Err(Error::Line { line: 1, .. })));
    assert!(matches!(read(gzip(records.as_bytes())), Err(Error::Line { line: 1, .. })));
    assert!(matches!(read("d0\n {\"_id\": \"d1\"}\n"), Err(Error::Line { line: 2, .. })));
    assert!(matches!(read("{\"d1\": 0, \"d2\": 1}"), Err(Error::Line { line: 1, .. })));
    assert!(matches!(read("{\n  \"d1\": 0,\n  \"d2\": 1\n}\n"), Err(Error::Format { .. })));
    for lines in [["{d1}", "{d2}"], ["{", "}x"], ["{1: 2}", "{\"a\""], ["{\"a\": 1} b", "c"]] {
        assert_eq!(read(lines.join("\n")).unwrap(), lines);
    }
}

#[test]
fn wrong_ids_are_refused() {
    assert!(matches!(read_ids(golden("missing")), Err(Error::Io { .. })));
    assert!(matches!(read(b""), Err(Error::EmptyFile { .. })));
    assert!(matches!(read(b"[]"), Err(Error::EmptyFile { .. })));
    assert!(matches!(read(b"a\n\xff\n"), Err(Error::Line { line: 2, .. })));
    // UTF-16, with a byte order mark and without one.
    assert!(read(b"\xff\xfea\0\n\0").unwrap_err().to_string().contains("UTF-16"));
    for content in [&b"a\0\n\0b\0"[..], b"\0a\0\n\0b", b"[\0\"\0a\0\"\0]\0"] {
        let error = read(content).unwrap_err();
        assert!(
            matches!(error, Error::Line { line: 1, .. }) && error.to_string().contains("UTF-16"),
            "{error}"
        );
    }
    assert!(matches!(read(b"[a\n\xff\n"), Err(Error::Line { line: 2, .. })));
    let twice = read(b"a\nb\na\n");
    assert!(matches!(twice, Err(Error::Ids { cause: ess_core::Error::DuplicateId { .. }, .. })));
}
