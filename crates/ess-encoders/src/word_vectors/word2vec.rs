//! word2vec's binary form: a line of counts, then each word, a space and its components.

use super::{
    reading::Source,
    text::{Header, checked_dim},
    vectors::WordVectors,
};
use crate::error::Error;

/// Whether what follows a line of counts is no text.
pub(super) fn is_binary(start: &[u8]) -> bool {
    let Some(end) = start.iter().position(|byte| *byte == b'\n') else { return false };
    let behind = &start[end + 1..];
    // A text has a whole line of a word and numbers, or as much of it as there is.
    let line = behind.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let cut = line.len() == behind.len();
    let line = String::from_utf8_lossy(line);
    let mut numbers = line.split_whitespace().skip(1).collect::<Vec<_>>();
    if cut {
        numbers.pop();
    }
    line.contains('\u{fffd}') && numbers.first().is_none_or(|first| first.parse::<f32>().is_err())
        || numbers.last().is_some_and(|last| last.parse::<f32>().is_err())
        || (numbers.is_empty() && !cut)
}

pub(super) fn read(source: &mut Source, header: Header, most: usize) -> Result<WordVectors, Error> {
    source.until(b'\n', &|| "line 1".to_owned())?;
    let dim = checked_dim(source, Some(header))?;
    // A word of a byte, a space and the components, of each.
    let least = (header.words as u128) * (4 * dim as u128 + 2);
    if least > u128::from(source.left()) {
        let found = format!("{} bytes behind it", source.left());
        return Err(source.error(
            "line 1",
            format!("{} words of {dim} components, as it says", header.words),
            found,
        ));
    }
    let mut words = WordVectors::empty(dim);
    for number in 0..header.words {
        let place = || format!("word {number}, from 0");
        let word = source.until(b' ', &place)?.ok_or_else(|| source.error(place(), "a word", "the end"))?;
        // Some writers end each vector with a new line.
        let word = String::from_utf8_lossy(word.trim_ascii_start()).into_owned();
        let vector = source.floats(dim, &place)?;
        if word.is_empty() {
            return Err(source.error(place(), "a word", "an empty one"));
        }
        words.push(word, &vector);
        if words.words.len() == most {
            return Ok(words);
        }
    }
    let mut rest = Vec::new();
    if source.left() > 0 {
        rest = source.until(0, &|| "the end".to_owned())?.unwrap_or_default();
    }
    match rest.iter().all(u8::is_ascii_whitespace) && source.left() == 0 {
        true => Ok(words),
        false => Err(source.error("the end", format!("{} words", header.words), "more bytes")),
    }
}
