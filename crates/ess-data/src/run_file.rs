//! Runs as TREC writes them.

use std::path::Path;

use ess_metrics::Run;

use crate::{
    decimal::parse_f32,
    error::Error,
    lines::{Lines, write_lines},
    qrels_file::excerpt,
    writable::{COMMENT, check_trec_ids},
};

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
struct Borrowed<'a> {
    query: &'a str,
    item: &'a str,
    rank: &'a str,
    score: f32,
    tag: &'a str,
}

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
            if !text.trim_ascii_start().starts_with(COMMENT) {
                let taken = parse(text).map(take);
                self.any = true;
                return taken.map(Some).map_err(|(expected, found)| self.lines.error(expected, found));
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

impl Borrowed<'_> {
    fn into_owned(self) -> RunLine {
        let Self { query, item, score, tag, .. } = self;
        RunLine { query: query.to_owned(), item: item.to_owned(), score, tag: tag.to_owned() }
    }
}

fn parse(text: &str) -> Result<Borrowed<'_>, (&'static str, String)> {
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

/// Reads a run; its name is the tag of the first line.
///
/// # Errors
/// Those of [`RunReader`], and [`Error::Line`] when a query has an item twice.
pub fn read_run(path: impl AsRef<Path>) -> Result<Run, Error> {
    let mut reader = RunReader::open(path)?;
    let mut run = Run::default();
    loop {
        let inserted = reader.read(|hit| {
            if run.is_empty() {
                run.set_name(hit.tag);
            }
            run.insert(hit.query, hit.item, hit.score)
        })?;
        match inserted {
            Some(Ok(())) => {}
            Some(Err(error)) => {
                return Err(reader.lines.error("each item once for a query", error.to_string()));
            }
            None => return Ok(run),
        }
    }
}

/// Whether the score rises wherever the rank does, on the first lines of a run file: so it is where scores are distances. Ranks count
/// for nothing, as in trec_eval, so that [`read_run`] turns such a ranking upside down.
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
    /// Enough to know it, and little to read of a large run.
    const LINES: usize = 10_000;
    let mut reader = RunReader::open(path)?;
    let (mut before, mut any) = (None::<(String, f32, f32)>, false);
    for _ in 0..LINES {
        let line = reader.read(|hit| (hit.query.to_owned(), parse_f32(hit.rank), hit.score))?;
        let Some((query, rank, score)) = line else { break };
        let Some(rank) = rank else { return Ok(false) };
        if let Some((_, rank_before, score_before)) = before.filter(|(other, ..)| *other == query)
            && rank != rank_before
        {
            if (rank > rank_before) != (score > score_before) || score == score_before {
                return Ok(false);
            }
            any = true;
        }
        before = Some((query, rank, score));
    }
    Ok(any)
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
