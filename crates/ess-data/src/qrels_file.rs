//! Qrels as BEIR and TREC write them.

use std::path::Path;

use ess_metrics::Qrels;

use crate::{
    error::Error,
    lines::{Lines, write_lines},
    writable::{COMMENT, check_tab_separated, check_trec_ids},
};

const BEIR_HEADER: [&str; 3] = ["query-id", "corpus-id", "score"];

/// One judgement of a qrels file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// The query's id.
    pub query: String,
    /// The item's id.
    pub item: String,
    /// The grade; above 0 says relevant.
    pub grade: i32,
}

/// A [`Judgement`] in the reader's buffer.
struct Borrowed<'a> {
    query: &'a str,
    item: &'a str,
    grade: i32,
}

/// How a qrels file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QrelsFormat {
    /// `query-id <tab> corpus-id <tab> score`, below a line with these names.
    Beir,
    /// `query 0 item grade`, separated by white space; the second field means nothing.
    Trec,
}

/// Reads judgements one by one, in constant memory; the first line tells BEIR's format from TREC's.
///
/// Three fields separated by tabs are BEIR's, whose header line may be missing; four fields separated by white space
/// are TREC's. Lines that begin with `#` are comments, as in trec_eval, unless they are judgements of BEIR's format. Blank
/// lines, CRLF line ends, a leading byte order mark and gzip are fine. After an error it ends.
///
/// ```
/// use ess_data::QrelsReader;
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("test.tsv");
/// std::fs::write(&path, "query-id\tcorpus-id\tscore\nq1\td1\t2\n").unwrap();
/// let judgements = QrelsReader::open(&path)?.collect::<Result<Vec<_>, _>>()?;
/// assert_eq!((judgements[0].item.as_str(), judgements[0].grade), ("d1", 2));
/// # Ok::<(), ess_data::Error>(())
/// ```
pub struct QrelsReader {
    lines: Lines,
    format: Option<QrelsFormat>,
    any: bool,
    ended: bool,
}

impl QrelsReader {
    /// Opens a file.
    ///
    /// # Errors
    /// [`Error::Io`]. The judgements themselves may each be [`Error::Line`] or, in a file without any,
    /// [`Error::EmptyFile`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        Ok(Self { lines: Lines::open(path)?, format: None, any: false, ended: false })
    }

    /// What `take` makes of the next judgement, which stays in the buffer.
    fn read<T>(&mut self, take: impl FnOnce(Borrowed<'_>) -> T) -> Result<Option<T>, Error> {
        while let Some(text) = self.lines.next()? {
            if self.format.is_none() && text.split('\t').eq(BEIR_HEADER) {
                self.format = Some(QrelsFormat::Beir);
            } else if !is_comment(text, self.format) {
                let format = *self.format.get_or_insert_with(|| recognise(text));
                let taken = parse(text, format).map(take);
                self.any = true;
                return taken.map(Some).map_err(|(expected, found)| self.lines.error(expected, found));
            }
        }
        let path = self.lines.path().to_owned();
        if self.any { Ok(None) } else { Err(Error::EmptyFile { path, what: "judgement" }) }
    }
}

impl Iterator for QrelsReader {
    type Item = Result<Judgement, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let judgement = self.read(|line| line.into_owned()).transpose();
        self.ended = !matches!(judgement, Some(Ok(_)));
        judgement
    }
}

/// Ids of BEIR may begin with `#`; a line with one is a judgement where it has all of one.
fn is_comment(text: &str, format: Option<QrelsFormat>) -> bool {
    let judgement = || format != Some(QrelsFormat::Trec) && parse(text, QrelsFormat::Beir).is_ok();
    text.starts_with(COMMENT) && !judgement()
}

fn recognise(first_line: &str) -> QrelsFormat {
    if first_line.split('\t').count() == 3 { QrelsFormat::Beir } else { QrelsFormat::Trec }
}

impl Borrowed<'_> {
    fn into_owned(self) -> Judgement {
        Judgement { query: self.query.to_owned(), item: self.item.to_owned(), grade: self.grade }
    }
}

fn parse(text: &str, format: QrelsFormat) -> Result<Borrowed<'_>, (&'static str, String)> {
    let (fields, expected) = match format {
        QrelsFormat::Beir => (
            exactly(text.split('\t')).filter(|[query, item, _]| !query.is_empty() && !item.is_empty()),
            "query id, item id and grade separated by tabs, as in BEIR's qrels",
        ),
        QrelsFormat::Trec => (
            exactly(text.split_ascii_whitespace()).map(|[query, _, item, grade]| [query, item, grade]),
            "query id, 0, item id and grade, as in TREC's qrels",
        ),
    };
    let [query, item, grade] = fields.ok_or_else(|| (expected, format!("{:?}", excerpt(text))))?;
    match grade.trim().parse() {
        Ok(grade) => Ok(Borrowed { query, item, grade }),
        Err(_) => Err(not_a_grade(format, [query, item, grade])),
    }
}

/// What is wrong with a line whose grade is no number, often because its columns stand in another order.
#[cold]
fn not_a_grade(format: QrelsFormat, fields: [&str; 3]) -> (&'static str, String) {
    let found = fields.map(|field| format!("{:?}", excerpt(field)));
    let [query, item, grade] = &found;
    let is_header = |field: &str| BEIR_HEADER.iter().any(|name| name.eq_ignore_ascii_case(field.trim()));
    match format {
        QrelsFormat::Beir if fields != BEIR_HEADER && fields.into_iter().all(is_header) => {
            ("a header with the columns query-id, corpus-id and score in this order", found.join(", "))
        }
        QrelsFormat::Beir => (
            "a grade that is a whole number of 32 bits in column 3, behind query id and item id",
            format!("{grade} behind {query} and {item}"),
        ),
        QrelsFormat::Trec => (
            "a grade that is a whole number of 32 bits in column 4, behind query id, 0 and item id",
            format!("{grade} behind the query {query} and the item {item}"),
        ),
    }
}

/// The fields of a line, where there are `N`.
fn exactly<'a, const N: usize>(mut fields: impl Iterator<Item = &'a str>) -> Option<[&'a str; N]> {
    let mut found = [""; N];
    for field in &mut found {
        *field = fields.next()?;
    }
    fields.next().is_none().then_some(found)
}

/// The start of a text, short enough for a message.
pub(crate) fn excerpt(text: &str) -> String {
    text.chars().take(80).collect()
}

/// Reads the qrels of a file, BEIR's or TREC's.
///
/// # Errors
/// Those of [`QrelsReader`], and [`Error::Line`] when a query and an item are judged together twice.
pub fn read_qrels(path: impl AsRef<Path>) -> Result<Qrels, Error> {
    let mut reader = QrelsReader::open(path)?;
    let mut qrels = Qrels::new();
    loop {
        match reader.read(|judged| qrels.insert(judged.query, judged.item, judged.grade))? {
            Some(Ok(())) => {}
            Some(Err(error)) => {
                return Err(reader.lines.error("each query and item judged once", error.to_string()));
            }
            None => return Ok(qrels),
        }
    }
}

/// Writes qrels, query by query in their order; reading them gives the same qrels.
///
/// ```
/// use ess_data::{QrelsFormat, read_qrels, write_qrels};
/// use ess_metrics::Qrels;
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("test.qrels");
/// let mut qrels = Qrels::new();
/// qrels.insert("q1", "d1", 2)?;
/// write_qrels(&path, &qrels, QrelsFormat::Trec)?;
/// assert_eq!(std::fs::read_to_string(&path).unwrap(), "q1 0 d1 2\n");
/// assert_eq!(read_qrels(&path)?, qrels);
/// # Ok::<(), ess_data::Error>(())
/// ```
///
/// # Errors
/// [`Error::Unwritable`] for an id that the format cannot hold, such as one with a space or a query's that begins with `#`
/// in TREC's; [`Error::Io`].
pub fn write_qrels(path: impl AsRef<Path>, qrels: &Qrels, format: QrelsFormat) -> Result<(), Error> {
    let path = path.as_ref();
    let header = (format == QrelsFormat::Beir).then(|| Ok(BEIR_HEADER.join("\t")));
    let lines = qrels.iter().map(|(query, item, grade)| match format {
        QrelsFormat::Beir => {
            check_tab_separated(path, &[("query id", query), ("item id", item)])?;
            Ok(format!("{query}\t{item}\t{grade}"))
        }
        QrelsFormat::Trec => {
            check_trec_ids(path, query, item)?;
            Ok(format!("{query} 0 {item} {grade}"))
        }
    });
    write_lines(path, header.into_iter().chain(lines))
}
