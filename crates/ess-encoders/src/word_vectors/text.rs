//! Text: a word and its components on each line, with or without a line of counts before them.

use super::{
    reading::{MAX_DIM, Source},
    vectors::WordVectors,
};
use crate::error::Error;

/// The counts in a first line: words, and components of each.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Header {
    pub(super) words: usize,
    pub(super) dim: usize,
}

/// The counts in the first line, where it has nothing else.
pub(super) fn header(start: &[u8]) -> Option<Header> {
    let end = start.iter().take(64).position(|byte| *byte == b'\n')?;
    let line = std::str::from_utf8(&start[..end]).ok()?;
    let mut fields = line.split_ascii_whitespace().map(str::parse);
    match (fields.next(), fields.next(), fields.next()) {
        (Some(Ok(words)), Some(Ok(dim)), None) => Some(Header { words, dim }),
        _ => None,
    }
}

pub(super) fn read(source: &mut Source, header: Option<Header>, most: usize) -> Result<WordVectors, Error> {
    let mut line_number = 0_usize;
    if header.is_some() {
        source.until(b'\n', &|| "line 1".to_owned())?;
        line_number = 1;
    }
    let mut words = WordVectors::empty(checked_dim(source, header)?);
    let mut read = 0_usize;
    let mut vector = Vec::new();
    loop {
        line_number += 1;
        let place = || format!("line {line_number}");
        let Some(line) = source.until(b'\n', &place)? else { break };
        let line = String::from_utf8_lossy(&line);
        let line = line.trim_end();
        if line.is_empty() {
            continue;
        }
        if words.dim == 0 {
            words.dim = line.split_whitespace().count().saturating_sub(1);
            checked_dim(source, Some(Header { words: 1, dim: words.dim }))?;
        }
        let word = components(line, words.dim, &mut vector).map_err(|found| {
            source.error(place(), format!("a word and {} finite numbers", words.dim), found)
        })?;
        words.push(word.to_owned(), &vector);
        read += 1;
        if words.words.len() == most {
            return Ok(words);
        }
    }
    match header {
        Some(header) if header.words != read => Err(source.error(
            "line 1",
            format!("{} words, as it says", header.words),
            format!("{read} lines of them"),
        )),
        _ if words.words.is_empty() => Err(source.error("line 1", "a word and its components", "none")),
        _ => Ok(words),
    }
}

/// The dimension that a header says, 0 where there is none.
pub(super) fn checked_dim(source: &Source, header: Option<Header>) -> Result<usize, Error> {
    match header {
        None => Ok(0),
        Some(Header { dim, words }) if (1..=MAX_DIM).contains(&dim) && words > 0 => Ok(dim),
        Some(Header { dim, words }) => {
            let expected = format!("words with 1 to {MAX_DIM} components");
            Err(source.error("line 1", expected, format!("{words} words, {dim} components")))
        }
    }
}

/// The word of a line, whose last fields become `vector`: some words have spaces in them.
fn components<'a>(line: &'a str, dim: usize, vector: &mut Vec<f32>) -> Result<&'a str, String> {
    vector.clear();
    let mut rest = line;
    for _ in 0..dim {
        let (before, field) =
            rest.trim_end().rsplit_once([' ', '\t']).ok_or_else(|| format!("{} numbers", vector.len()))?;
        let number: f32 =
            field.parse().map_err(|_| format!("{:?}", field.chars().take(40).collect::<String>()))?;
        if !number.is_finite() {
            return Err(field.to_owned());
        }
        vector.push(number);
        rest = before;
    }
    vector.reverse();
    let word = rest.trim_matches([' ', '\t']);
    if word.is_empty() { Err("no word".to_owned()) } else { Ok(word) }
}
