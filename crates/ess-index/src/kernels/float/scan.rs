//! Pruning similarities that cannot be among the best.

use super::lanes::LANES;

/// Calls `candidate` with the position and value of every similarity that reaches `threshold` or is not finite,
/// and maybe of a few others.
#[inline]
pub(crate) fn for_each_candidate(
    similarities: &[f32],
    threshold: f32,
    mut candidate: impl FnMut(usize, f32),
) {
    let (chunks, rest) = similarities.as_chunks::<LANES>();
    for (chunk, values) in chunks.iter().enumerate() {
        if has_candidate(values, threshold) {
            for (lane, &value) in values.iter().enumerate() {
                candidate(chunk * LANES + lane, value);
            }
        }
    }
    let start = chunks.len() * LANES;
    for (offset, &value) in rest.iter().enumerate() {
        candidate(start + offset, value);
    }
}

// Written as one branch-free pass over whole registers, which compilers turn into a few vector instructions.
#[inline]
fn has_candidate(values: &[f32; LANES], threshold: f32) -> bool {
    let pruned = values.map(|x| u32::from(x < threshold) & u32::from(x >= f32::MIN));
    pruned.iter().sum::<u32>() != LANES as u32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lanes_that_are_all_below_the_threshold_are_pruned_together() {
        let mut similarities = [-1.0; 3 * LANES];
        similarities[LANES] = 0.5;
        let seen_at = |similarities: &[f32], threshold| {
            let mut seen = Vec::new();
            for_each_candidate(similarities, threshold, |position, _| seen.push(position));
            seen
        };
        assert_eq!(seen_at(&similarities, 0.5), Vec::from_iter(LANES..2 * LANES));
        assert_eq!(seen_at(&similarities, 0.75), Vec::<usize>::new());
        assert_eq!(seen_at(&similarities[..LANES + 2], 0.75), [LANES, LANES + 1]);
        similarities[2 * LANES + 3] = f32::NEG_INFINITY;
        assert_eq!(seen_at(&similarities, 0.75), Vec::from_iter(2 * LANES..3 * LANES));
    }

    proptest! {
        #[test]
        fn nothing_that_matters_is_pruned(
            similarities in prop::collection::vec(
                prop_oneof![
                    10 => (-4_i8..4).prop_map(f32::from),
                    1 => prop::sample::select(vec![f32::NAN, f32::INFINITY, f32::NEG_INFINITY]),
                ],
                0..100,
            ),
            threshold in -5_i8..5,
        ) {
            let threshold = f32::from(threshold);
            let mut seen = Vec::new();
            for_each_candidate(&similarities, threshold, |position, value| {
                assert_eq!(value.to_bits(), similarities[position].to_bits());
                seen.push(position);
            });
            prop_assert!(seen.is_sorted());
            for (position, &value) in similarities.iter().enumerate() {
                if value >= threshold || !value.is_finite() {
                    prop_assert!(seen.contains(&position));
                }
            }
        }
    }
}
