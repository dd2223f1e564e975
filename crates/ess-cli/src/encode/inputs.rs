//! What is to be encoded, by id and checksum.

use std::{fmt::Write, ops::Range};

use ess_core::{Error, Ids};
use ess_files::Checksum;

/// The ids of texts and the checksums of what they say, in order.
pub(crate) struct Inputs {
    pub(crate) ids: Ids,
    sums: Vec<Checksum>,
}

impl Inputs {
    /// Those of `rows`.
    pub(crate) fn new(all: Vec<(String, Checksum)>, rows: Range<usize>) -> Result<Self, Error> {
        let (ids, sums): (Vec<_>, Vec<_>) = all.into_iter().take(rows.end).skip(rows.start).unzip();
        Ok(Self { ids: Ids::new(ids)?, sums })
    }

    pub(crate) fn len(&self) -> usize {
        self.sums.len()
    }

    /// One checksum of the texts of some rows, in order.
    pub(crate) fn checksum(&self, rows: Range<usize>) -> String {
        let (mut all, mut pair) = (Checksum::of(b""), String::new());
        for sum in &self.sums[rows] {
            pair.clear();
            // Writing to a string does not fail.
            let _ = write!(pair, "{all}{sum}");
            all = Checksum::of(pair.as_bytes());
        }
        all.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_or_moved_text_changes_the_checksum_of_its_rows_alone() {
        let inputs = |texts: [&str; 4]| {
            let all =
                texts.iter().enumerate().map(|(i, text)| (i.to_string(), Checksum::of(text.as_bytes())));
            Inputs::new(all.collect(), 1..4).unwrap()
        };
        let (before, after) = (inputs(["a", "b", "c", "d"]), inputs(["x", "b", "d", "c"]));
        assert_eq!((before.len(), before.ids.as_slice()[0].as_str()), (3, "1"));
        assert_eq!(before.checksum(0..1), after.checksum(0..1));
        assert_ne!(before.checksum(0..3), after.checksum(0..3));
        assert_ne!(before.checksum(1..2), after.checksum(1..2));
    }
}
