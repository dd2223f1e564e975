//! One line of a run file.

use super::fields::FieldEnds;
use crate::{decimal::parse_f32, lines::without_end, qrels_file::excerpt, writable::COMMENT};

/// One line of a run file: `query Q0 item rank score tag`.
///
/// The second field, the rank and whatever follows the tag are not kept: as in trec_eval, only the scores make the
/// ranking.
#[derive(Clone, Debug, PartialEq)]
pub struct RunLine {
    /// The query's id.
    pub query: String,
    /// The item's id.
    pub item: String,
    /// The score, finite; larger is more relevant.
    pub score: f32,
    /// The name of the system.
    pub tag: String,
}

/// A [`RunLine`] in the reader's buffer.
pub(super) struct Borrowed<'a> {
    pub(super) query: &'a str,
    pub(super) item: &'a str,
    pub(super) rank: &'a [u8],
    pub(super) score: f32,
    pub(super) tag: &'a str,
}

impl Borrowed<'_> {
    pub(super) fn into_owned(self) -> RunLine {
        let Self { query, item, score, tag, .. } = self;
        RunLine { query: query.to_owned(), item: item.to_owned(), score, tag: tag.to_owned() }
    }
}

/// What is wrong with a line: what was expected, and what was found.
pub(super) type Wrong = (&'static str, String);

/// The fields of the line of a text that starts here, or `None` where it is blank or a comment; and where the next line starts.
#[inline]
pub(super) fn parse_next<'a>(
    text: &'a str,
    start: usize,
    ends: &mut FieldEnds,
) -> (Result<Option<Borrowed<'a>>, Wrong>, usize) {
    let bytes = text.as_bytes();
    match ends.usual_line(bytes, start) {
        Some(([query, second, item, rank, score, tag], next)) if bytes[start] != COMMENT as u8 => {
            let names = [&text[start..query], &text[second + 1..item], &text[score + 1..tag]];
            (hit(names, [&bytes[item + 1..rank], &bytes[rank + 1..score]]).map(Some), next)
        }
        _ => {
            let next = memchr::memchr(b'\n', &bytes[start..]).map_or(bytes.len(), |at| start + at + 1);
            ends.pass(next);
            (parse(without_end(&text[start..next])), next)
        }
    }
}

/// The fields of a line without its end, or `None` where it is blank or a comment.
pub(super) fn parse(line: &str) -> Result<Option<Borrowed<'_>>, Wrong> {
    let mut fields = line.split_ascii_whitespace();
    let Some(query) = fields.next().filter(|query| !query.starts_with(COMMENT)) else { return Ok(None) };
    let others = [(); 5].map(|()| fields.next());
    let [_, Some(item), Some(rank), Some(score), Some(tag)] = others else {
        return Err(too_few(line));
    };
    hit([query, item, tag], [rank, score].map(str::as_bytes)).map(Some)
}

#[inline]
fn hit<'a>([query, item, tag]: [&'a str; 3], [rank, score]: [&'a [u8]; 2]) -> Result<Borrowed<'a>, Wrong> {
    if score.iter().all(u8::is_ascii_digit) && rank.contains(&b'.') && parse_f32(rank).is_some() {
        return Err(exchanged(rank, score));
    }
    match parse_f32(score).filter(|score| score.is_finite()) {
        Some(score) => Ok(Borrowed { query, item, rank, score, tag }),
        None => Err(not_a_score(item, [rank, score])),
    }
}

#[cold]
fn too_few(line: &str) -> Wrong {
    ("query id, Q0, item id, rank, score and tag", format!("{:?}", excerpt(line)))
}

#[cold]
fn exchanged(rank: &[u8], score: &[u8]) -> Wrong {
    let expected = "a rank in column 4 and a score in column 5, which look exchanged";
    (expected, format!("{} and {}", shown(rank), shown(score)))
}

/// What is wrong with a line whose score is no number, often because its columns stand in another order.
#[cold]
fn not_a_score(item: &str, fields: [&[u8]; 2]) -> Wrong {
    let [item, rank, score] = [item.as_bytes(), fields[0], fields[1]].map(shown);
    let expected = "a score that is a finite number in column 5, behind query id, Q0, item id and rank";
    (expected, format!("{score} behind the item {item} and the rank {rank}"))
}

fn shown(field: &[u8]) -> String {
    format!("{:?}", excerpt(&String::from_utf8_lossy(field)))
}
