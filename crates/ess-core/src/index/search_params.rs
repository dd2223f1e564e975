//! Parameters of one search.

use super::{effort::Effort, filter::Filter, row_set::RowSet};
use crate::error::Error;

/// Parameters of one call of [`Index::search_with`](crate::Index::search_with); by default, those of
/// [`Index::search`](crate::Index::search).
///
/// ```
/// use ess_core::{Effort, RowSet, SearchParams};
///
/// let german = RowSet::from_rows(1000, [3, 4, 90])?;
/// let params = SearchParams::from(Effort { ef_search: Some(128), ..Effort::default() }).filtered(&german);
/// assert!(params.filter.is_some_and(|filter| filter.admits(90)));
/// # Ok::<(), ess_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct SearchParams<'a> {
    /// How thoroughly to look.
    pub effort: Effort,
    /// Which items may be found; all when `None`.
    pub filter: Option<Filter<'a>>,
}

impl<'a> SearchParams<'a> {
    /// The same, with a filter.
    #[must_use]
    pub fn filtered(self, filter: impl Into<Filter<'a>>) -> Self {
        Self { filter: Some(filter.into()), ..self }
    }

    /// The checked effort, for an index that takes no filter.
    ///
    /// # Errors
    /// [`Error::Unsupported`] where there is a filter, and those of [`Effort::check`].
    pub fn unfiltered(&self) -> Result<Effort, Error> {
        self.effort.check()?;
        match self.filter {
            Some(_) => Err(Error::Unsupported { what: "a filter" }),
            None => Ok(self.effort),
        }
    }
}

impl From<Effort> for SearchParams<'_> {
    fn from(effort: Effort) -> Self {
        Self { effort, filter: None }
    }
}

impl<'a> From<&'a RowSet> for SearchParams<'a> {
    fn from(rows: &'a RowSet) -> Self {
        Self::default().filtered(rows)
    }
}
