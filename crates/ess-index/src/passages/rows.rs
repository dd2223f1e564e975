//! Which rows of an index are whose passages.

use std::ops::Range;

use ess_core::{Error, Ids};

/// The rows of each item's passages in an index. The passages of an item follow one another, and items are in order.
///
/// ```
/// use ess_index::PassageRows;
///
/// let rows = PassageRows::from_counts(&[2, 1])?;
/// assert_eq!((rows.items(), rows.passages()), (2, 3));
/// assert_eq!((rows.of_item(0), rows.item_of(2)), (0..2, 1));
/// # Ok::<(), ess_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassageRows {
    /// The first passage of each item, and the number of all passages last.
    pub(super) starts: Vec<usize>,
}

impl PassageRows {
    /// The rows, given the number of passages of each item.
    ///
    /// # Errors
    /// [`Error::Empty`] without an item, [`Error::InvalidParameter`] for an item without a passage.
    pub fn from_counts(counts: &[usize]) -> Result<Self, Error> {
        if counts.is_empty() {
            return Err(Error::Empty { what: "items with passages" });
        }
        let mut starts = vec![0_usize];
        for (item, &count) in counts.iter().enumerate() {
            let end = starts[item].checked_add(count).filter(|_| count > 0);
            starts.push(end.ok_or_else(|| Error::InvalidParameter {
                name: "passages of an item",
                expected: "at least one",
                found: format!("{count} of item {item}"),
            })?);
        }
        Ok(Self { starts })
    }

    /// The rows, given the ids of items and passages. The id of a passage is the id of its item, `#` and any suffix: `d1#0`,
    /// `d1#1`, `d2#0` for the items `d1` and `d2`. Passages are in the order of the items.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] naming the first passage that is out of order or of no item, or the first item without
    /// a passage.
    pub fn from_ids(items: &Ids, passages: &Ids) -> Result<Self, Error> {
        let mut counts = vec![0; items.len()];
        let mut item = 0;
        for passage in passages.as_slice() {
            let of = passage.rsplit_once('#').map_or("", |(item, _)| item);
            if counts[item] > 0 && item + 1 < items.len() && items.get(item + 1) == Some(of) {
                item += 1;
            }
            if items.get(item) != Some(of) {
                let found = format!(
                    "passage {passage:?} where item {:?} is due",
                    items.get(item).unwrap_or_default()
                );
                let (name, expected) = ("ids of passages", "ITEM#NUMBER, in the order of the items");
                return Err(Error::InvalidParameter { name, expected, found });
            }
            counts[item] += 1;
        }
        Self::from_counts(&counts)
    }

    /// The number of items.
    pub fn items(&self) -> usize {
        self.starts.len() - 1
    }

    /// The number of passages of all items.
    pub fn passages(&self) -> usize {
        self.starts[self.items()]
    }

    /// The rows of an item's passages.
    ///
    /// # Panics
    /// If `item` is not below [`PassageRows::items`].
    pub fn of_item(&self, item: usize) -> Range<usize> {
        self.starts[item]..self.starts[item + 1]
    }

    /// The item of a passage; the last item for rows past the end.
    pub fn item_of(&self, passage: usize) -> usize {
        (self.starts.partition_point(|&start| start <= passage) - 1).min(self.items() - 1)
    }
}
