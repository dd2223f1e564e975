//! How much of the exact answer is found.

use std::collections::HashSet;

use serde::Serialize;

use super::effort::Effort;
use crate::{error::Error, hit::Hit};

/// An effort, and the recall that it was seen to reach.
///
/// Runnable at [`Index::tune`](crate::Index::tune)'s implementers, such as `ess_index::GraphIndex`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Tuned {
    /// The settings, for [`SearchParams`](crate::SearchParams).
    pub effort: Effort,
    /// The mean recall on the queries that were given, in `0..=1`.
    pub recall: f64,
}

/// The share of the expected hits that is found; 1 where none is expected.
pub(super) fn mean_recall(expected: &[Vec<Hit>], found: &[Vec<Hit>]) -> f64 {
    let all: usize = expected.iter().map(Vec::len).sum();
    let shared = |(expected, found): (&Vec<Hit>, &Vec<Hit>)| {
        let expected: HashSet<usize> = expected.iter().map(|hit| hit.item).collect();
        found.iter().filter(|hit| expected.contains(&hit.item)).count()
    };
    let shared: usize = expected.iter().zip(found).map(shared).sum();
    if all == 0 { 1.0 } else { shared as f64 / all as f64 }
}

pub(super) fn check_target(target: f64) -> Result<(), Error> {
    if (0.0..=1.0).contains(&target) {
        return Ok(());
    }
    Err(Error::InvalidParameter { name: "target recall", expected: "0..=1", found: target.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recall_is_the_share_of_the_exact_hits() {
        let hits = |items: &[usize]| items.iter().map(|&item| Hit::new(item, 1.0)).collect();
        let expected = [hits(&[1, 2]), hits(&[3, 4])];
        assert_eq!(mean_recall(&expected, &[hits(&[2, 1]), hits(&[9, 3])]), 0.75);
        assert_eq!(mean_recall(&expected, &[hits(&[]), hits(&[9])]), 0.0);
        assert_eq!(mean_recall(&[hits(&[])], &[hits(&[])]), 1.0);
    }

    #[test]
    fn a_target_outside_of_zero_to_one_is_refused() {
        for target in [-0.1, 1.1, f64::NAN] {
            assert!(matches!(check_target(target), Err(Error::InvalidParameter { .. })), "{target}");
        }
    }
}
