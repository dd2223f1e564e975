//! Blocks of one size, of which the last overlaps the one before.

/// Where blocks of `size` begin that cover `count` rows, at least `size`: the last ends with the rows. What is the largest of
/// several may count a row twice.
pub(super) fn starts(count: usize, size: usize) -> impl Iterator<Item = usize> {
    (0..count).step_by(size).map(move |start| start.min(count - size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_in_a_block() {
        let found = |count| Vec::from_iter(starts(count, 4));
        assert_eq!((found(4), found(5), found(8)), (vec![0], vec![0, 1], vec![0, 4]));
        assert_eq!(found(11), [0, 4, 7]);
    }
}
