//! How many rows are made at once.

/// The maximum number of rows of `width` elements that have at most `elements` together: from 1 to `rows`.
pub(super) fn rows_at_once(elements: usize, width: usize, rows: usize) -> usize {
    (elements / width).clamp(1, rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_fill_what_there_is_room_for() {
        assert_eq!(rows_at_once(12, 4, 100), 3);
        assert_eq!(rows_at_once(12, 5, 100), 2);
        assert_eq!(rows_at_once(12, 13, 100), 1, "a row that is too long is made alone");
        assert_eq!(rows_at_once(1000, 4, 100), 100);
    }
}
