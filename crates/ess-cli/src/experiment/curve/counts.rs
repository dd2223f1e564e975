//! Numbers of training queries.

use anyhow::{Result, ensure};

/// Those that are measured unless others are given.
pub(super) const COUNTS: [usize; 9] = [10, 25, 50, 100, 250, 500, 1000, 2500, 5000];

/// Refuses none of a query, and numbers that do not rise.
pub(super) fn check(given: &[usize]) -> Result<()> {
    let rise = given.windows(2).all(|pair| pair[0] < pair[1]);
    ensure!(
        rise && given.first().is_some_and(|&first| first > 0),
        "--counts: expected rising numbers from 1 on"
    );
    Ok(())
}

/// Those below `all`, and `all`.
pub(super) fn within(given: &[usize], all: usize) -> Vec<usize> {
    given.iter().copied().filter(|&count| count < all).chain([all]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_queries_come_last_and_nothing_is_measured_twice() {
        assert_eq!(within(&[10, 25, 50], 30), [10, 25, 30]);
        assert_eq!(within(&[10, 25], 25), [10, 25]);
        assert!(check(&[10, 10]).is_err() && check(&[0, 1]).is_err() && check(&[3, 9]).is_ok());
    }
}
