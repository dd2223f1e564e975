//! Ids by themselves, as they come beside an `.npy` file.

use std::{
    collections::HashMap,
    io::{BufRead, Cursor, Read},
    path::Path,
};

use ess_core::Ids;
use serde::de::IgnoredAny;

use crate::{
    atomic::write_atomically,
    error::Error,
    lines::{Lines, MAX_LINE_BYTES},
    text_file::open_text,
};

/// Reads ids in row order, plain or gzip: a JSON array of strings, or one id a line, plain or, where all are, as a JSON string.
///
/// A text is JSON when it is a JSON array, or begins as one: with `[` and then a string, an object, numbers or the end of
/// the line. Everything else is lines, also where an id begins with `[`, as `[CLS]` does. Lines are taken as they are,
/// without line ends (LF or CRLF); blank ones are skipped. Quotes are taken off where every line is a JSON string. A JSON object
/// is no id: a line of `corpus.jsonl` is refused, and so is a map of ids to rows.
///
/// ```
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("ids");
/// std::fs::write(&path, "[CLS]\n[SEP]\n").unwrap();
/// assert_eq!(ess_data::read_ids(&path)?.as_slice(), ["[CLS]", "[SEP]"]);
/// std::fs::write(&path, r#"["d1", "d2"]"#).unwrap();
/// assert_eq!(ess_data::read_ids(&path)?.as_slice(), ["d1", "d2"]);
/// std::fs::write(&path, "\"d1\"\n\"d2\"\n").unwrap();
/// assert_eq!(ess_data::read_ids(&path)?.as_slice(), ["d1", "d2"]);
/// std::fs::write(&path, "\"d1\"\nd2\n").unwrap();
/// assert_eq!(ess_data::read_ids(&path)?.as_slice(), ["\"d1\"", "d2"]);
/// # Ok::<(), ess_data::Error>(())
/// ```
///
/// # Errors
/// [`Error::Format`] for broken JSON and for an array of anything but strings or with an empty one, [`Error::Line`] for text that is not
/// UTF-8 and for a line that is a JSON object, [`Error::EmptyFile`], [`Error::Ids`] for one that stands twice, [`Error::Io`].
pub fn read_ids(path: impl AsRef<Path>) -> Result<Ids, Error> {
    let path = path.as_ref();
    let ids = match Form::of(path)? {
        Form::Bracketed(text, before) => read_array(path, &text).or_else(|error| {
            let json = serde_json::from_str::<IgnoredAny>(&text).is_ok() || begins_an_array(&text);
            let lines = || Lines::behind(path, Box::new(Cursor::new(text.into_bytes())), before);
            if json { Err(error) } else { read_lines(lines()) }
        })?,
        Form::Lines(lines) => read_lines(lines)?,
    };
    if let Some(row) = ids.iter().position(String::is_empty) {
        return Err(Error::format(
            path,
            "ids, none of them empty",
            format!("an empty one at position {row}"),
        ));
    }
    if ids.is_empty() {
        return Err(Error::EmptyFile { path: path.to_owned(), what: "id" });
    }
    Ids::new(ids).map_err(Error::ids(path))
}

/// What a file of ids begins as. It is opened once: a pipe gives its bytes once.
enum Form {
    /// The whole text behind so many blank lines; its first character that is no white space is `[`.
    Bracketed(String, u64),
    Lines(Lines),
}

impl Form {
    fn of(path: &Path) -> Result<Self, Error> {
        let mut file = open_text(path)?;
        let (mut blank_lines, mut start) = (0, Vec::new());
        let bracketed = loop {
            let buffer = file.fill_buf().map_err(Error::io(path))?;
            let blank = buffer.len() - buffer.trim_ascii_start().len();
            start.extend_from_slice(&buffer[..blank]);
            let (first, ended) = (buffer.get(blank).copied(), buffer.is_empty());
            file.consume(blank);
            if first.is_some() || ended {
                break first == Some(b'[');
            }
            if let Some(end) = memchr::memrchr(b'\n', &start) {
                blank_lines += start.drain(..=end).filter(|byte| *byte == b'\n').count() as u64;
            }
            if start.len() > MAX_LINE_BYTES {
                break false;
            }
        };
        if !bracketed {
            let text = Cursor::new(start).chain(file);
            return Ok(Self::Lines(Lines::behind(path, Box::new(text), blank_lines)));
        }
        file.read_to_end(&mut start).map_err(Error::io(path))?;
        Ok(match String::from_utf8(start) {
            Ok(text) => Self::Bracketed(text, blank_lines),
            // Lines say where the text is no UTF-8.
            Err(error) => {
                let text = Cursor::new(error.into_bytes());
                Self::Lines(Lines::behind(path, Box::new(text), blank_lines))
            }
        })
    }
}

fn read_array(path: &Path, text: &str) -> Result<Vec<String>, Error> {
    serde_json::from_str(text)
        .map_err(|error| Error::format(path, "a JSON array of ids, each a string", error.to_string()))
}

/// Whether a text that is no JSON looks like the start of an array, as a torn one does.
fn begins_an_array(text: &str) -> bool {
    let inside = text.trim_ascii_start().strip_prefix('[').unwrap_or(text);
    let first = inside.lines().next().unwrap_or_default().trim_ascii();
    first.starts_with(['"', '{']) || first.chars().all(|c| c.is_ascii_digit() || "+-.eE, \t".contains(c))
}

fn read_lines(mut lines: Lines) -> Result<Vec<String>, Error> {
    let mut ids = Vec::new();
    while let Some(id) = lines.next()? {
        if is_record(id) {
            let found = "a JSON object, such as a file of texts has";
            return Err(lines.error("an id", found));
        }
        ids.push(id.to_owned());
    }
    if ids.first().is_some_and(|id| id.starts_with('{')) && is_record(&ids.join("\n")) {
        let expected = "a JSON array of ids, each a string, or one id a line";
        return Err(Error::format(lines.path(), expected, "a JSON object"));
    }
    let unquoted: Option<Vec<String>> = ids.iter().map(|id| serde_json::from_str(id).ok()).collect();
    Ok(unquoted.unwrap_or(ids))
}

/// Whether a text is a JSON object: a record that has an id, or a map of ids, and no id.
fn is_record(text: &str) -> bool {
    text.trim_ascii_start().starts_with('{')
        && serde_json::from_str::<HashMap<String, IgnoredAny>>(text).is_ok()
}

/// Writes ids as a JSON array.
///
/// # Errors
/// [`Error::Io`].
pub fn write_ids(path: impl AsRef<Path>, ids: &Ids) -> Result<(), Error> {
    let path = path.as_ref();
    write_atomically(path, |file| {
        serde_json::to_writer(file, ids.as_slice()).map_err(|error| Error::io(path)(error.into()))
    })
}
