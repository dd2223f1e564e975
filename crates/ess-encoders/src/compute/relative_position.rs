//! Buckets of relative positions.

/// The row of the relative position table for a key `distance` tokens behind (negative) or ahead of its query.
///
/// Half of the `buckets` for each direction; distances grow logarithmically from a quarter of them up to
/// `farthest` (Raffel et al., "T5", 2020). In f32, as PyTorch computes it: the last bit decides where a bucket begins.
pub(crate) fn relative_bucket(distance: isize, buckets: usize, farthest: usize) -> usize {
    let half = buckets / 2;
    let exact = half / 2;
    let ahead = if distance > 0 { half } else { 0 };
    let distance = distance.unsigned_abs();
    if distance < exact {
        return ahead + distance;
    }
    let first = exact.max(1);
    let whole = (farthest as f64 / first as f64).ln() as f32;
    let grown = (distance.max(1) as f32 / first as f32).ln() / whole * (half - exact) as f32;
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

    #[test]
    fn a_bucket_begins_where_pytorch_rounds_it() {
        // Each would be one bucket away in f64; the values are PyTorch's.
        let of = |buckets, farthest, distances: [isize; 3]| {
            distances.map(|d| relative_bucket(-d, buckets, farthest))
        };
        assert_eq!(of(18, 128, [8, 16, 64]), [5, 6, 8]);
        assert_eq!(of(20, 160, [10, 20, 80]), [6, 7, 9]);
        assert_eq!(of(40, 320, [20, 40, 160]), [12, 14, 18]);
        assert_eq!(of(34, 27, [12, 18, 9999]), [10, 13, 16]);
    }
}
