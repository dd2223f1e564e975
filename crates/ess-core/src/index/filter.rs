//! Which items a search may find.

use std::{borrow::Cow, fmt};

use super::row_set::RowSet;

/// Which items a search may find, named by row.
///
/// An approximate index may answer by an exact scan of the admitted items when they are few.
///
/// ```
/// use ess_core::{Filter, RowSet};
///
/// let rows = RowSet::from_rows(10, [2, 3])?;
/// assert!(Filter::Rows(&rows).admits(3));
/// assert!(!Filter::Predicate(&|row| row % 2 == 0).admits(3));
/// # Ok::<(), ess_core::Error>(())
/// ```
#[derive(Clone, Copy)]
pub enum Filter<'a> {
    /// The rows in a set.
    Rows(&'a RowSet),
    /// The rows for which a function says `true`. An index may ask it about every row, once a call: a set that is
    /// used for many calls is quicker.
    Predicate(&'a (dyn Fn(usize) -> bool + Sync)),
}

impl<'a> Filter<'a> {
    /// Whether the filter admits a row.
    pub fn admits(&self, row: usize) -> bool {
        match self {
            Self::Rows(rows) => rows.contains(row),
            Self::Predicate(admits) => admits(row),
        }
    }

    /// The admitted ones of the rows `0..rows`, as a set; a predicate is asked about each.
    pub fn to_row_set(&self, rows: usize) -> Cow<'a, RowSet> {
        match *self {
            Self::Rows(set) => Cow::Borrowed(set),
            Self::Predicate(admits) => Cow::Owned(RowSet::from_predicate(rows, admits)),
        }
    }
}

impl fmt::Debug for Filter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rows(rows) => f.debug_tuple("Rows").field(rows).finish(),
            Self::Predicate(_) => f.write_str("Predicate"),
        }
    }
}

impl<'a> From<&'a RowSet> for Filter<'a> {
    fn from(rows: &'a RowSet) -> Self {
        Self::Rows(rows)
    }
}
