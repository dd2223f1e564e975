//! Runs as TREC writes them.

use std::path::Path;

use ess_metrics::Run;

use crate::{
    Error,
    lines::{Lines, write_lines},
    qrels_file::excerpt,
    writable::check_white_space_separated,
};

/// One line of a run file: `query Q0 item rank score tag`.
///
/// The second field and the rank are not kept: as in trec_eval, only the scores make the ranking.
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

/// Reads the lines of a run file one by one, in constant memory.
///
/// Blank lines, CRLF line ends, a leading byte order mark and gzip are fine. After an error it ends.
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

    fn read(&mut self) -> Result<Option<RunLine>, Error> {
        let Some(text) = self.lines.next()? else {
            let path = self.lines.path().to_owned();
            return if self.any { Ok(None) } else { Err(Error::EmptyFile { path, what: "hit" }) };
        };
        let line = parse(text).map_err(|(expected, found)| self.lines.error(expected, found))?;
        self.any = true;
        Ok(Some(line))
    }
}

impl Iterator for RunReader {
    type Item = Result<RunLine, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let line = self.read().transpose();
        self.ended = !matches!(line, Some(Ok(_)));
        line
    }
}

fn parse(text: &str) -> Result<RunLine, (&'static str, String)> {
    let mut fields = text.split_ascii_whitespace();
    let six = [(); 6].map(|()| fields.next());
    let ([Some(query), _, Some(item), _, Some(score), Some(tag)], None) = (six, fields.next()) else {
        return Err(("query id, Q0, item id, rank, score and tag", format!("{:?}", excerpt(text))));
    };
    let finite = score.parse().ok().filter(|score: &f32| score.is_finite());
    let score = finite.ok_or_else(|| ("a score that is a finite number", format!("{:?}", excerpt(score))))?;
    Ok(RunLine { query: query.to_owned(), item: item.to_owned(), score, tag: tag.to_owned() })
}

/// Reads a run; its name is the tag of the first line.
///
/// # Errors
/// Those of [`RunReader`], and [`Error::Line`] when a query has an item twice.
pub fn read_run(path: impl AsRef<Path>) -> Result<Run, Error> {
    let mut reader = RunReader::open(path)?;
    let mut run = Run::default();
    while let Some(line) = reader.next() {
        let RunLine { query, item, score, tag } = line?;
        if run.is_empty() {
            run.set_name(tag);
        }
        run.insert(&query, &item, score)
            .map_err(|error| reader.lines.error("each item once for a query", error.to_string()))?;
    }
    Ok(run)
}

/// Writes a run, query by query, each ranked as [`Run::ranking`] ranks it, with the run's name as the tag.
///
/// Scores are written so that reading them gives the same numbers.
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
/// [`Error::Unwritable`] for an id or a name that is empty or holds white space; [`Error::Io`].
pub fn write_run(path: impl AsRef<Path>, run: &Run) -> Result<(), Error> {
    let path = path.as_ref();
    let tag = run.name();
    let lines = run.queries().flat_map(|query| {
        let hits = run.ranking(query).into_iter().enumerate();
        hits.map(move |(i, (item, score))| {
            check_white_space_separated(path, &[("query id", query), ("item id", item), ("tag", tag)])?;
            Ok(format!("{query} Q0 {item} {} {score} {tag}", i + 1))
        })
    });
    write_lines(path, lines)
}
