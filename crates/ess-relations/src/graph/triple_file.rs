//! Files of triples: a head, a relation and a tail a line, separated by tabs.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read},
    path::Path,
};

use super::triple::Triple;
use crate::{error::Error, names::Names};

/// The longest line, in bytes, so that a file without line ends is not read into memory.
const LONGEST_LINE: u64 = 1 << 20;
const EXPECTED: &str = "a head, a relation and a tail, separated by tabs";

/// Reads a file line by line; names that are new are added. Empty lines are skipped.
pub(super) fn read(path: &Path, entities: &mut Names, relations: &mut Names) -> Result<Vec<Triple>, Error> {
    let mut reader = BufReader::new(File::open(path).map_err(Error::io(path))?);
    let (mut triples, mut bytes, mut line) = (Vec::new(), Vec::new(), 0);
    loop {
        bytes.clear();
        line += 1;
        let read =
            reader.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut bytes).map_err(Error::io(path))?;
        if read == 0 {
            break;
        }
        let refuse = |expected, found| Error::Line { path: path.to_owned(), line, expected, found };
        if read as u64 == LONGEST_LINE {
            return Err(refuse("a line of less than 1 MiB", "a longer one".to_owned()));
        }
        let text = std::str::from_utf8(&bytes).map_err(|error| refuse("UTF-8", error.to_string()))?;
        // A byte order mark is no part of the first name.
        let text = if line == 1 { text.trim_start_matches('\u{feff}') } else { text };
        let text = text.trim_end_matches(['\n', '\r']);
        if text.is_empty() {
            continue;
        }
        let fields: Vec<&str> = text.split('\t').map(str::trim).collect();
        let [head, relation, tail] = fields[..] else {
            return Err(refuse(EXPECTED, format!("{} fields", fields.len())));
        };
        if [head, relation, tail].contains(&"") {
            return Err(refuse(EXPECTED, "an empty field".to_owned()));
        }
        let (head, relation, tail) = (entities.add(head), relations.add(relation), entities.add(tail));
        triples.push(Triple { relation, head, tail });
    }
    match triples.is_empty() {
        true => Err(Error::NoTriples { what: path.display().to_string() }),
        false => Ok(triples),
    }
}
