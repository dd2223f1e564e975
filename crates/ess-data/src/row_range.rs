//! Checking which rows are asked for.

use std::ops::Range;

/// Fails unless the range names at least one of `len` rows and none beyond the end.
pub(crate) fn check_rows(what: &'static str, rows: &Range<usize>, len: usize) -> Result<(), ess_core::Error> {
    if rows.end > len {
        return Err(ess_core::Error::RowOutOfRange { what, row: rows.start.max(len), len });
    }
    if rows.is_empty() {
        return Err(ess_core::Error::Empty { what });
    }
    Ok(())
}
