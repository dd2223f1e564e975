//! What an upload has stored, as data.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// What an [`Upload`](crate::Upload) has stored in a collection, to be kept by whoever uploads: it tells where to go on.
///
/// The default is that of a collection in which nothing was stored.
///
/// ```
/// use ess_engines::UploadRecord;
///
/// let none = UploadRecord::default();
/// assert_eq!((none.rows(), none.check().is_ok()), (0, true));
/// let written = r#"{"reaches": 3, "blocks": [{"first_row": 0, "end": 2, "checksum": "xxh3-64:2d06800538d394c2"}]}"#;
/// assert_eq!(serde_json::from_str::<UploadRecord>(written)?.rows(), 2);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UploadRecord {
    /// There may be items of this upload in the rows below.
    reaches: usize,
    /// Rows that are stored, in order and without overlap.
    blocks: Vec<Block>,
}

/// Rows that were stored together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Block {
    first_row: usize,
    end: usize,
    /// Of the vectors, as who uploads made it.
    checksum: String,
}

impl Block {
    fn meets(&self, rows: &Range<usize>) -> bool {
        self.first_row < rows.end && rows.start < self.end
    }
}

impl UploadRecord {
    /// How many rows are known to be stored.
    pub fn rows(&self) -> usize {
        self.blocks.iter().map(|block| block.end - block.first_row).sum()
    }

    /// Refuses a record that contradicts itself.
    ///
    /// # Errors
    /// [`Error::Config`].
    pub fn check(&self) -> Result<(), Error> {
        let mut end = 0;
        for block in &self.blocks {
            if block.first_row < end || block.end <= block.first_row {
                return refuse("blocks of rows in order, none of them empty", block);
            }
            end = block.end;
        }
        match self.blocks.last() {
            Some(last) if last.end > self.reaches => refuse("no rows behind those that it reaches", last),
            _ if i64::try_from(self.reaches).is_err() => Err(Error::Config {
                name: RECORD,
                expected: "rows below 2^63",
                found: self.reaches.to_string(),
            }),
            _ => Ok(()),
        }
    }

    /// The end of the rows in which there may be items of this upload.
    pub(crate) fn reaches(&self) -> usize {
        self.reaches
    }

    /// Says that items may come into rows below `end`, and behind it into none.
    pub(crate) fn reach(&mut self, end: usize) {
        self.reaches = end;
    }

    /// Whether these rows are stored, with vectors of this checksum.
    pub(crate) fn has(&self, rows: &Range<usize>, checksum: &str) -> bool {
        let found = self.blocks.binary_search_by_key(&rows.start, |block| block.first_row);
        found.is_ok_and(|at| self.blocks[at].end == rows.end && self.blocks[at].checksum == checksum)
    }

    /// Forgets what is stored in these rows, whole blocks each; whether there was any.
    pub(crate) fn forget(&mut self, rows: &Range<usize>) -> bool {
        let before = self.blocks.len();
        self.blocks.retain(|block| !block.meets(rows));
        self.blocks.len() < before
    }

    /// Notes that these rows, of which nothing was known, are stored.
    pub(crate) fn note(&mut self, rows: Range<usize>, checksum: &str) {
        let at = self.blocks.partition_point(|block| block.first_row < rows.start);
        let (first_row, end, checksum) = (rows.start, rows.end, checksum.to_owned());
        self.blocks.insert(at, Block { first_row, end, checksum });
    }
}

const RECORD: &str = "record of an upload";

fn refuse(expected: &'static str, block: &Block) -> Result<(), Error> {
    let found = format!("rows {}..{}", block.first_row, block.end);
    Err(Error::Config { name: RECORD, expected, found })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(reaches: usize, blocks: &[(usize, usize)]) -> UploadRecord {
        let block = |&(first_row, end): &(usize, usize)| Block { first_row, end, checksum: "c".to_owned() };
        UploadRecord { reaches, blocks: blocks.iter().map(block).collect() }
    }

    #[test]
    fn records_that_contradict_themselves_are_refused() {
        assert!(record(9, &[(0, 4), (6, 9)]).check().is_ok());
        for (reaches, blocks) in [
            (9, &[(4, 4)][..]),
            (9, &[(5, 4)]),
            (9, &[(0, 4), (3, 6)]),
            (9, &[(6, 9), (0, 4)]),
            (8, &[(0, 9)]),
            (usize::MAX, &[]),
        ] {
            assert!(record(reaches, blocks).check().is_err(), "{reaches} {blocks:?}");
        }
    }

    #[test]
    fn rows_are_stored_as_the_blocks_that_they_came_in() {
        let mut known = record(12, &[(0, 4), (8, 12)]);
        known.note(4..8, "d");
        assert_eq!(known.rows(), 12);
        assert!(known.check().is_ok() && known.has(&(4..8), "d"));
        assert!(!known.has(&(4..8), "c") && !known.has(&(4..9), "d") && !known.has(&(5..8), "d"));
        assert!(known.forget(&(7..9)) && !known.forget(&(4..12)));
        assert_eq!(known, record(12, &[(0, 4)]));
    }
}
