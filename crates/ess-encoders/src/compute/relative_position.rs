//! Buckets of relative positions.

/// The row of the relative position table for a key `distance` tokens behind (negative) or ahead of its query.
///
/// Half of the `buckets` for each direction; distances grow logarithmically from a quarter of them up to
/// `farthest` (Raffel et al., "T5", 2020).
pub(crate) fn relative_bucket(distance: isize, buckets: usize, farthest: usize) -> usize {
    let half = buckets / 2;
    let exact = half / 2;
    let ahead = if distance > 0 { half } else { 0 };
    let distance = distance.unsigned_abs();
    if distance < exact {
        return ahead + distance;
    }
    let exact_f = exact.max(1) as f64;
    let grown =
        (distance.max(1) as f64 / exact_f).ln() / (farthest as f64 / exact_f).ln() * (half - exact) as f64;
    ahead + (exact + grown as usize).min(half.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::relative_bucket;

    #[test]
    fn near_distances_are_exact_and_far_ones_share_the_last_bucket() {
        assert_eq!(
            (-3..=3).map(|d| relative_bucket(d, 32, 128)).collect::<Vec<_>>(),
            [3, 2, 1, 0, 17, 18, 19]
        );
        assert_eq!(relative_bucket(-8, 32, 128), 8);
        assert_eq!(relative_bucket(-9999, 32, 128), 15);
        assert_eq!(relative_bucket(9999, 32, 128), 31);
        assert_eq!([relative_bucket(-15, 8, 16), relative_bucket(-3, 8, 16)], [3, 2]);
    }
}
