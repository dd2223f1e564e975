//! A whole run at once.

use std::path::Path;

use ess_metrics::Run;

use super::line::parse;
use crate::{
    error::Error,
    lines::{Lines, without_end},
    writable::COMMENT,
};

/// Reads a run; its name is the tag of the first line.
///
/// # Errors
/// Those of [`RunReader`](crate::RunReader), and [`Error::Line`] when a query has an item twice.
pub fn read_run(path: impl AsRef<Path>) -> Result<Run, Error> {
    let mut lines = Lines::open(path)?;
    let mut run = Run::default();
    while let Some((first, text)) = lines.next_block()? {
        if let Err(Wrong { line, expected, found }) = add_lines(&mut run, text) {
            return Err(lines.error_at(first + line, expected, found));
        }
    }
    let path = lines.path().to_owned();
    if run.is_empty() { Err(Error::EmptyFile { path, what: "hit" }) } else { Ok(run) }
}

/// What is wrong with a line, counted from 0.
struct Wrong {
    line: u64,
    expected: &'static str,
    found: String,
}

/// Hits that are added to a run at once.
const TOGETHER: usize = 64;

fn add_lines(run: &mut Run, text: &str) -> Result<(), Wrong> {
    let (mut hits, mut lines) = (Vec::with_capacity(TOGETHER), Vec::with_capacity(TOGETHER));
    for (line, text) in (0..).zip(text.split_inclusive('\n').map(without_end)) {
        if text.trim_ascii_start().is_empty() || text.trim_ascii_start().starts_with(COMMENT) {
            continue;
        }
        let hit = match parse(text) {
            Ok(hit) => hit,
            Err((expected, found)) => {
                return add(run, &hits, &lines).and(Err(Wrong { line, expected, found }));
            }
        };
        if run.is_empty() && hits.is_empty() {
            run.set_name(hit.tag);
        }
        hits.push((hit.query, hit.item, hit.score));
        lines.push(line);
        if hits.len() == TOGETHER {
            add(run, &hits, &lines)?;
            hits.clear();
            lines.clear();
        }
    }
    add(run, &hits, &lines)
}

fn add(run: &mut Run, hits: &[(&str, &str, f32)], lines: &[u64]) -> Result<(), Wrong> {
    let before = run.len();
    run.insert_all(hits).map_err(|error| Wrong {
        line: lines[run.len() - before],
        expected: "each item once for a query",
        found: error.to_string(),
    })
}
