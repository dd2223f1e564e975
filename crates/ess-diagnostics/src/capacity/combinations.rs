//! All sets of some of the items.

use crate::error::Error;

/// The maximum number of sets that are held at once.
const MAX_SETS: usize = 1_000_000;

/// Every set of `top` of `items` items, numbered from 0, in lexicographic order: the queries of LIMIT's capacity test.
///
/// ```
/// use ess_diagnostics::combinations;
///
/// assert_eq!(combinations(4, 2)?.len(), 6);
/// assert_eq!(combinations(3, 2)?, [[0, 1], [0, 2], [1, 2]]);
/// # Ok::<(), ess_diagnostics::Error>(())
/// ```
///
/// # Errors
/// [`Error::Parameter`] for sets of none, and for more than a million sets; [`Error::TooFew`] for fewer items than a set has.
pub fn combinations(items: usize, top: usize) -> Result<Vec<Vec<usize>>, Error> {
    if top == 0 {
        let name = "the number of items of a set";
        return Err(Error::Parameter { name, expected: "at least 1", found: "0".to_owned() });
    }
    Error::check_count("items", top, items)?;
    if count(items, top).is_none_or(|count| count > MAX_SETS) {
        let (name, found) = ("the number of sets of items", format!("{top} of {items}"));
        return Err(Error::Parameter { name, expected: "at most a million", found });
    }
    let mut set: Vec<usize> = (0..top).collect();
    let mut all = vec![set.clone()];
    // The last item of a set that can still move on does, and those behind it follow.
    while let Some(at) = (0..top).rev().find(|&at| set[at] < items - top + at) {
        set[at] += 1;
        for behind in at + 1..top {
            set[behind] = set[behind - 1] + 1;
        }
        all.push(set.clone());
    }
    Ok(all)
}

/// The binomial coefficient; none for one beyond the range of numbers.
fn count(items: usize, top: usize) -> Option<usize> {
    let fewer = top.min(items - top);
    (0..fewer).try_fold(1_usize, |count, at| Some(count.checked_mul(items - at)? / (at + 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_as_many_as_the_binomial_coefficient_and_all_differ() {
        let mut all = combinations(7, 3).unwrap();
        assert_eq!((all.len(), count(7, 3), count(52, 5)), (35, Some(35), Some(2_598_960)));
        all.dedup();
        assert!(all.len() == 35 && all.iter().all(|set| set[0] < set[1] && set[1] < set[2] && set[2] < 7));
        assert_eq!(combinations(3, 3).unwrap(), [[0, 1, 2]]);
    }

    #[test]
    fn too_many_and_none_are_refused() {
        assert!(matches!(combinations(52, 5), Err(Error::Parameter { .. })));
        assert!(matches!(combinations(usize::MAX, 3), Err(Error::Parameter { .. })));
        assert!(matches!(combinations(5, 0), Err(Error::Parameter { .. })));
        assert!(matches!(combinations(2, 3), Err(Error::TooFew { expected: 3, found: 2, .. })));
    }
}
