//! A whole run at once.

use std::path::Path;

use ess_metrics::Run;

use super::fields::FieldEnds;
use super::line::{Borrowed, parse_next};
use super::rank_order::RankOrder;
use crate::{error::Error, lines::Lines};

/// Reads a run; its name is the tag of the first line.
///
/// # Errors
/// Those of [`RunReader`](crate::RunReader), and [`Error::Line`] when a query has an item twice.
pub fn read_run(path: impl AsRef<Path>) -> Result<Run, Error> {
    read(path.as_ref(), |_| {})
}

/// As [`read_run`], and says whether scores rise with the rank, as [`scores_rise_with_rank`](crate::scores_rise_with_rank) does of a
/// file; the file is opened once, so that it may be a pipe.
///
/// ```
/// use ess_data::read_run_and_order;
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("distances.run");
/// std::fs::write(&path, "q1 Q0 d7 1 0.2 nearest\nq1 Q0 d2 2 0.9 nearest\n").unwrap();
/// let (run, rises) = read_run_and_order(&path)?;
/// assert!(rises);
/// assert_eq!(run.ranking("q1")[0].0, "d2");
/// # Ok::<(), ess_data::Error>(())
/// ```
///
/// # Errors
/// Those of [`read_run`].
pub fn read_run_and_order(path: impl AsRef<Path>) -> Result<(Run, bool), Error> {
    let mut order = RankOrder::default();
    let run = read(path.as_ref(), |hit| order.look_at(hit))?;
    Ok((run, order.rises()))
}

fn read(path: &Path, mut look_at: impl FnMut(&Borrowed<'_>)) -> Result<Run, Error> {
    let mut lines = Lines::open(path)?;
    let (mut run, mut ends) = (Run::default(), FieldEnds::default());
    while let Some((first, text)) = lines.next_block()? {
        if let Err(Wrong { line, expected, found }) = add_lines(&mut run, text, &mut ends, &mut look_at) {
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

fn add_lines(
    run: &mut Run,
    text: &str,
    ends: &mut FieldEnds,
    look_at: &mut impl FnMut(&Borrowed<'_>),
) -> Result<(), Wrong> {
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
                look_at(&hit);
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
