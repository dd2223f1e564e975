//! One line of a run file.

use crate::{decimal::parse_f32, qrels_file::excerpt};

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
    pub(super) rank: &'a str,
    pub(super) score: f32,
    pub(super) tag: &'a str,
}

impl Borrowed<'_> {
    pub(super) fn into_owned(self) -> RunLine {
        let Self { query, item, score, tag, .. } = self;
        RunLine { query: query.to_owned(), item: item.to_owned(), score, tag: tag.to_owned() }
    }
}

/// The fields of a line that is neither blank nor a comment, or what was expected and what was found.
pub(super) fn parse(text: &str) -> Result<Borrowed<'_>, (&'static str, String)> {
    let mut fields = text.split_ascii_whitespace();
    let six = [(); 6].map(|()| fields.next());
    let [Some(query), _, Some(item), Some(rank), Some(score), Some(tag)] = six else {
        return Err(("query id, Q0, item id, rank, score and tag", format!("{:?}", excerpt(text))));
    };
    if rank.contains('.') && score.bytes().all(|byte| byte.is_ascii_digit()) && parse_f32(rank).is_some() {
        let expected = "a rank in column 4 and a score in column 5, which look exchanged";
        return Err((expected, format!("{:?} and {:?}", excerpt(rank), excerpt(score))));
    }
    match parse_f32(score).filter(|score| score.is_finite()) {
        Some(score) => Ok(Borrowed { query, item, rank, score, tag }),
        None => Err(not_a_score([item, rank, score])),
    }
}

/// What is wrong with a line whose score is no number, often because its columns stand in another order.
#[cold]
fn not_a_score(fields: [&str; 3]) -> (&'static str, String) {
    let [item, rank, score] = fields.map(|field| format!("{:?}", excerpt(field)));
    let expected = "a score that is a finite number in column 5, behind query id, Q0, item id and rank";
    (expected, format!("{score} behind the item {item} and the rank {rank}"))
}
