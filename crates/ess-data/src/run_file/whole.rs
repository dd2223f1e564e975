//! A whole run at once.

use std::path::Path;

use ess_metrics::Run;

use super::fields::FieldEnds;
use super::line::parse_next;
use crate::{error::Error, lines::Lines};

/// Reads a run; its name is the tag of the first line.
///
/// # Errors
/// Those of [`RunReader`](crate::RunReader), and [`Error::Line`] when a query has an item twice.
pub fn read_run(path: impl AsRef<Path>) -> Result<Run, Error> {
    let mut lines = Lines::open(path)?;
    let (mut run, mut ends) = (Run::default(), FieldEnds::default());
    while let Some((first, text)) = lines.next_block()? {
        if let Err(Wrong { line, expected, found }) = add_lines(&mut run, text, &mut ends) {
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

fn add_lines(run: &mut Run, text: &str, ends: &mut FieldEnds) -> Result<(), Wrong> {
    let (mut hits, mut lines) = (Vec::with_capacity(TOGETHER), Vec::with_capacity(TOGETHER));
    ends.look(text.as_bytes());
    let (mut line, mut start) = (0, 0);
    while start < text.len() {
        let (hit, next) = parse_next(text, start, ends);
        match hit {
            Ok(Some(hit)) => {
                if run.is_empty() && hits.is_empty() {
                    run.set_name(hit.tag);
                }
                hits.push((hit.query, hit.item, hit.score));
                lines.push(line);
            }
            Ok(None) => {}
            Err((expected, found)) => {
                return add(run, &hits, &lines).and(Err(Wrong { line, expected, found }));
            }
        }
        if hits.len() == TOGETHER {
            add(run, &hits, &lines)?;
            hits.clear();
            lines.clear();
        }
        (line, start) = (line + 1, next);
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
