//! Groups of texts that are computed at the same time.

/// Cuts groups, the largest first, into waves that are computed one after another, so that those of one wave take no more than
/// `limit` together. Groups that all threads may have at once are one wave.
pub(super) fn waves<T>(groups: &[T], size: impl Fn(&T) -> usize, limit: usize, threads: usize) -> Vec<&[T]> {
    let mut waves = Vec::new();
    let mut rest = groups;
    while let Some(largest) = rest.first() {
        let at_once = (limit / size(largest).max(1)).max(1);
        let count = if at_once >= threads { rest.len() } else { at_once.min(rest.len()) };
        let (wave, behind) = rest.split_at(count);
        waves.push(wave);
        rest = behind;
    }
    waves
}

#[cfg(test)]
mod tests {
    use super::waves;

    #[test]
    fn large_groups_wait_for_each_other_and_small_ones_do_not() {
        let sizes = [100, 60, 40, 30, 20, 10, 10, 10];
        let of = |limit, threads| waves(&sizes, |size| *size, limit, threads);
        assert_eq!(of(80, 4), [&[100][..], &[60], &[40, 30], &[20, 10, 10, 10]]);
        assert_eq!(of(1, 4).len(), 8);
        assert_eq!(of(1000, 4), [&sizes[..]]);
        assert!(waves(&[], |size: &usize| *size, 1, 2).is_empty());
    }
}
