//! Which candidate is chosen.

/// The first of those with the highest valid MRR; none where there is none, or training diverged with each.
pub(super) fn best(valid: impl IntoIterator<Item = Option<f64>>) -> Option<usize> {
    let trained = valid.into_iter().enumerate().filter_map(|(at, mrr)| Some((at, mrr?)));
    trained.reduce(|best, next| if next.1 > best.1 { next } else { best }).map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_valid_mrr_wins_and_the_first_among_equals() {
        assert_eq!(best([Some(0.2), Some(0.5), Some(0.4)]), Some(1));
        assert_eq!(best([Some(0.2), Some(0.5), Some(0.5)]), Some(1));
        assert_eq!(best([Some(0.0), Some(0.0)]), Some(0));
    }

    #[test]
    fn a_candidate_that_diverged_is_never_chosen() {
        assert_eq!(best([None, Some(0.1), None]), Some(1));
        assert_eq!(best([None, None]), None);
        assert_eq!(best([]), None);
    }
}
