//! Records in Parquet files, which pyarrow wrote: tests/golden/generate_parquet.py.

use std::path::{Path, PathBuf};

use ess_data::{Error, Item, Query, Record, RecordReader, read_records};

use crate::{file_with, golden};

fn item(id: &str, title: &str, text: &str) -> Item {
    Item { id: id.into(), title: title.into(), text: text.into() }
}

fn shard(number: usize) -> PathBuf {
    golden(&format!("parquet/corpus/corpus-0000{number}-of-00002.parquet"))
}

/// A folder with copies of files, by name.
fn folder_of(files: &[(&str, &Path)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, file) in files {
        std::fs::copy(file, folder.path().join(name)).unwrap();
    }
    folder
}

#[test]
fn the_shards_of_a_folder_are_read_in_order_without_their_nested_columns() {
    let rain = "Rain falls. ".repeat(20);
    let expected = [
        item("d1", "Tides", "The moon pulls."),
        item("d 2", "", "Zwölf Boxkämpfer 🙂"),
        item("d3", "", &rain),
    ];
    assert_eq!(read_records::<Item>(golden("parquet/corpus")).unwrap(), expected);
    assert_eq!(read_records::<Item>(shard(1)).unwrap(), expected[2..]);
    let turned = folder_of(&[("b.parquet", &shard(0)), ("a.parquet", &shard(1)), ("README.md", &shard(1))]);
    let ids: Vec<String> =
        read_records::<Item>(turned.path()).unwrap().into_iter().map(|item| item.id).collect();
    assert_eq!(ids, ["d3", "d1", "d 2"]);
}

#[test]
fn records_of_ones_own_have_what_columns_they_name() {
    #[derive(serde::Deserialize)]
    struct Dated {
        _id: String,
        year: Option<u16>,
    }
    impl Record for Dated {
        const WHAT: &'static str = "film";

        fn id(&self) -> &str {
            &self._id
        }
    }
    let years: Vec<Option<u16>> =
        read_records::<Dated>(golden("parquet/corpus")).unwrap().iter().map(|film| film.year).collect();
    assert_eq!(years, [Some(1927), None, Some(2001)]);
}

#[test]
fn numbers_are_ids_and_bytes_are_texts() {
    let query = |id: &str, text: &str| Query { id: id.into(), text: text.into() };
    let expected = [query("7", "why tides?"), query("-8", "what rains?")];
    assert_eq!(read_records::<Query>(golden("parquet/numbers.parquet")).unwrap(), expected);
}

#[test]
fn lz4_is_unpacked_and_what_is_not_is_named() {
    let rain = item("d3", "", &"Rain falls. ".repeat(20));
    assert_eq!(read_records::<Item>(golden("parquet/lz4.parquet")).unwrap(), [rain]);
    let error = read_records::<Item>(golden("parquet/brotli.parquet")).unwrap_err();
    let named = matches!(&error, Error::Format { expected, found, .. } if expected.contains("LZ4") && found == "Brotli");
    assert!(named, "{error}");
}

#[test]
fn an_id_that_stands_twice_is_named_with_both_rows() {
    let folder = folder_of(&[("0.parquet", &shard(0)), ("1.parquet", &shard(1)), ("2.parquet", &shard(0))]);
    let error = read_records::<Item>(folder.path()).unwrap_err();
    let named =
        matches!(&error, Error::DuplicateRow { row: 3, first: 0, id, what: "item", .. } if id == "d1");
    assert!(named, "{error}");
}

#[test]
fn a_missing_column_is_named_with_the_row() {
    #[derive(Debug, serde::Deserialize)]
    struct Rated {
        _id: String,
        #[serde(rename = "rating")]
        _rating: f32,
    }
    impl Record for Rated {
        const WHAT: &'static str = "item";

        fn id(&self) -> &str {
            &self._id
        }
    }
    let error = read_records::<Rated>(shard(0)).unwrap_err();
    assert!(matches!(&error, Error::Row { row: 0, found, .. } if found.contains("rating")), "{error}");
}

#[test]
fn what_is_not_read_is_told_from_what_is_not_there() {
    let path = golden("parquet/unreadable.parquet");
    // Such bytes were taken for a title that is missing.
    let error = read_records::<Item>(&path).unwrap_err().to_string();
    for words in ["row 0", "title (bytes that are not UTF-8)", "day (a type that is not read)", "_id, "] {
        assert!(error.contains(words), "{words} is not in: {error}");
    }
    // Other columns are no concern of a query, and nested ones are none of those that are listed.
    assert_eq!(read_records::<Query>(&path).unwrap()[0].text, "The moon pulls.");
    assert!(!error.contains("pages"), "{error}");
}

#[test]
fn files_without_a_record_and_folders_without_a_file_are_refused() {
    let error = read_records::<Item>(golden("parquet/empty.parquet")).unwrap_err();
    assert!(matches!(error, Error::EmptyFile { what: "item", .. }), "{error}");
    let folder = folder_of(&[("corpus.txt", &shard(0))]);
    let error = read_records::<Item>(folder.path()).unwrap_err();
    assert!(matches!(&error, Error::Format { found, .. } if found.contains("folder")), "{error}");
}

#[test]
fn a_file_that_is_cut_is_refused_and_ends_the_reading() {
    let whole = std::fs::read(shard(0)).unwrap();
    for length in (4..whole.len()).step_by(7) {
        let (_folder, path) = file_with(&whole[..length]);
        match RecordReader::<Item>::open(&path) {
            Err(error) => assert!(matches!(error, Error::Format { .. }), "{error}"),
            Ok(mut reader) => {
                let error = reader.next().unwrap().unwrap_err();
                assert!(matches!(error, Error::Format { .. }), "{error}");
                assert!(reader.next().is_none());
            }
        }
    }
}

#[cfg(unix)]
#[test]
fn a_named_pipe_is_opened_once() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    std::thread::scope(|scope| {
        scope.spawn(|| std::fs::write(&pipe, "{\"_id\": \"a\", \"text\": \"x\"}\n").unwrap());
        assert_eq!(read_records::<Item>(&pipe).unwrap(), [item("a", "", "x")]);
    });
}

#[test]
fn readers_of_records_go_to_other_threads() {
    fn is_send<T: Send>() {}
    is_send::<RecordReader<Item>>();
}
