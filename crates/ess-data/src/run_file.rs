//! Runs as TREC writes them.

use std::path::Path;

use ess_metrics::Run;

use crate::{
    error::Error,
    lines::{Lines, write_lines},
    writable::check_trec_ids,
};

mod fields;
mod line;
mod rank_order;
mod whole;

pub use line::RunLine;
use line::{Borrowed, parse};
use rank_order::RankOrder;
pub use whole::{read_run, read_run_and_order};

/// Reads the lines of a run file one by one, in constant memory.
///
/// Lines that begin with `#` are comments, as in trec_eval. Blank lines, CRLF line ends, a leading byte order mark and gzip
/// are fine. After an error it ends.
///
/// ```
/// use ess_data::RunReader;
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("frozen.run");
/// std::fs::write(&path, "q1 Q0 d7 1 0.9 frozen\nq1 Q0 d2 2 0.4 frozen\n").unwrap();
/// let items: Vec<_> = RunReader::open(&path)?.map(|line| Ok(line?.item)).collect::<Result<_, ess_data::Error>>()?;
/// assert_eq!(items, ["d7", "d2"]);
/// # Ok::<(), ess_data::Error>(())
/// ```
pub struct RunReader {
    lines: Lines,
    any: bool,
    ended: bool,
}

impl RunReader {
    /// Opens a file.
    ///
    /// # Errors
    /// [`Error::Io`]. The lines themselves may each be [`Error::Line`] or, in a file without any,
    /// [`Error::EmptyFile`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        Ok(Self { lines: Lines::open(path)?, any: false, ended: false })
    }

    /// What `take` makes of the next line, which stays in the buffer.
    fn read<T>(&mut self, take: impl FnOnce(Borrowed<'_>) -> T) -> Result<Option<T>, Error> {
        while let Some(text) = self.lines.next()? {
            match parse(text) {
                Ok(None) => {}
                Ok(Some(hit)) => {
                    self.any = true;
                    return Ok(Some(take(hit)));
                }
                Err((expected, found)) => {
                    self.any = true;
                    return Err(self.lines.error(expected, found));
                }
            }
        }
        let path = self.lines.path().to_owned();
        if self.any { Ok(None) } else { Err(Error::EmptyFile { path, what: "hit" }) }
    }
}

impl Iterator for RunReader {
    type Item = Result<RunLine, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let line = self.read(|line| line.into_owned()).transpose();
        self.ended = !matches!(line, Some(Ok(_)));
        line
    }
}

/// Whether the score rises wherever the rank does, on the first lines of a run file: so it is where scores are distances. Ranks count
/// for nothing, as in trec_eval, so that [`read_run`] turns such a ranking upside down.
/// [`read_run_and_order`] says it of a run that it reads.
///
/// ```
/// use ess_data::scores_rise_with_rank;
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("distances.run");
/// std::fs::write(&path, "q1 Q0 d7 1 0.2 nearest\nq1 Q0 d2 2 0.9 nearest\n").unwrap();
/// assert!(scores_rise_with_rank(&path)?);
/// # Ok::<(), ess_data::Error>(())
/// ```
///
/// # Errors
/// Those of [`RunReader`].
pub fn scores_rise_with_rank(path: impl AsRef<Path>) -> Result<bool, Error> {
    let (mut reader, mut order) = (RunReader::open(path)?, RankOrder::default());
    while !order.is_known() && reader.read(|hit| order.look_at(&hit))?.is_some() {}
    Ok(order.rises())
}

/// Writes a run, query by query, each ranked as [`Run::ranking`] ranks it, with the run's name as the tag.
///
/// Scores are written so that reading them gives the same values. Fields of the format are separated by white space: in the
/// name, which is for people, an underscore stands for each; an id, by which runs and judgements are joined, is refused.
///
/// ```
/// use ess_data::{read_run, write_run};
/// use ess_metrics::Run;
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("frozen.run");
/// let mut run = Run::new("frozen");
/// run.insert("q1", "d7", 0.9)?;
/// write_run(&path, &run)?;
/// assert_eq!(std::fs::read_to_string(&path).unwrap(), "q1 Q0 d7 1 0.9 frozen\n");
/// assert_eq!(read_run(&path)?.ranking("q1"), run.ranking("q1"));
/// # Ok::<(), ess_data::Error>(())
/// ```
///
/// # Errors
/// [`Error::Unwritable`] for an id or a name that is empty, an id that holds white space, and a query's that begins with
/// `#`; [`Error::Io`].
pub fn write_run(path: impl AsRef<Path>, run: &Run) -> Result<(), Error> {
    let path = path.as_ref();
    let tag = tag(path, run.name())?;
    let tag = tag.as_str();
    let lines = run.queries().flat_map(|query| {
        let hits = run.ranking(query).into_iter().enumerate();
        hits.map(move |(i, (item, score))| {
            check_trec_ids(path, query, item)?;
            Ok(format!("{query} Q0 {item} {} {score} {tag}", i + 1))
        })
    });
    write_lines(path, lines)
}

fn tag(path: &Path, name: &str) -> Result<String, Error> {
    if name.is_empty() {
        let (path, id) = (path.to_owned(), String::new());
        return Err(Error::Unwritable { path, what: "tag", id, reason: "it is empty" });
    }
    Ok(name.chars().map(|c| if c.is_whitespace() { '_' } else { c }).collect())
}

/// Checks that a run file can hold some queries and items, so that it is known before they are searched for.
///
/// ```
/// # let path = std::path::Path::new("frozen.run");
/// assert!(ess_data::check_run_ids(path, ["q1"], ["d1", "d2"]).is_ok());
/// let error = ess_data::check_run_ids(path, ["q1"], ["d1", "a title"]).unwrap_err();
/// assert_eq!(error.to_string(), r#"frozen.run: the item id "a title" cannot be written: it holds white space"#);
/// ```
///
/// # Errors
/// [`Error::Unwritable`] for the first id that [`write_run`] would refuse.
pub fn check_run_ids<'a>(
    path: impl AsRef<Path>,
    queries: impl IntoIterator<Item = &'a str>,
    items: impl IntoIterator<Item = &'a str>,
) -> Result<(), Error> {
    let path = path.as_ref();
    queries.into_iter().try_for_each(|query| check_trec_ids(path, query, "any"))?;
    items.into_iter().try_for_each(|item| check_trec_ids(path, "any", item))
}
