//! Which ids the text formats can hold.

use std::path::Path;

use crate::error::Error;

/// What a comment begins with in TREC's files.
pub(crate) const COMMENT: char = '#';

/// Checks names and ids for a line whose fields are separated by tabs.
pub(crate) fn check_tab_separated(path: &Path, ids: &[(&'static str, &str)]) -> Result<(), Error> {
    check(path, ids, |c| matches!(c, '\t' | '\n'), "it holds a tab or a line end")
}

/// Checks the ids of a query and an item for a line of TREC's qrels or runs, whose fields are separated by white space.
pub(crate) fn check_trec_ids(path: &Path, query: &str, item: &str) -> Result<(), Error> {
    let (what, reason) = ("query id", "it begins with #, as a comment does");
    if query.starts_with(COMMENT) {
        return Err(Error::Unwritable { path: path.to_owned(), what, id: query.to_owned(), reason });
    }
    // A byte order mark at the start of a file would be taken for one.
    let forbidden = |c: char| c.is_whitespace() || c == '\u{feff}';
    check(path, &[("query id", query), ("item id", item)], forbidden, "it holds white space")
}

fn check(
    path: &Path,
    ids: &[(&'static str, &str)],
    forbidden: impl Fn(char) -> bool,
    why: &'static str,
) -> Result<(), Error> {
    ids.iter().try_for_each(|&(what, id)| {
        let reason = if id.is_empty() { Some("it is empty") } else { id.contains(&forbidden).then_some(why) };
        reason.map_or(Ok(()), |reason| {
            Err(Error::Unwritable { path: path.to_owned(), what, id: id.to_owned(), reason })
        })
    })
}
