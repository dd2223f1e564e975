//! The best of many positions by their approximate similarity.

/// The `keep` positions of highest score so far; of equal scores, the first positions.
pub(crate) struct Best {
    keep: usize,
    // Score and position in one integer; larger is better.
    keys: Vec<u64>,
    threshold: f32,
}

impl Best {
    /// Nothing seen yet; `keep` is at least 1.
    pub(crate) fn new(keep: usize) -> Self {
        Self { keep, keys: Vec::new(), threshold: f32::NEG_INFINITY }
    }

    /// Offers positions with scores that are not NaN; those below the threshold need not be among them.
    #[inline]
    pub(crate) fn extend(&mut self, positions: impl Iterator<Item = (u32, f32)>) {
        self.keys.extend(
            positions.map(|(position, score)| u64::from(ascending(score)) << 32 | u64::from(!position)),
        );
        if self.keys.len() >= 2 * self.keep + SPARE {
            self.shrink();
        }
    }

    /// The score that a position must reach to be kept; it only rises.
    #[inline]
    pub(crate) fn threshold(&self) -> f32 {
        self.threshold
    }

    /// The number of positions kept so far, `keep` at most.
    pub(crate) fn len(&self) -> usize {
        self.keys.len().min(self.keep)
    }

    /// Forgets all but the best.
    pub(crate) fn shrink(&mut self) {
        if self.keys.len() >= self.keep {
            let (_, &mut last, _) = self.keys.select_nth_unstable_by(self.keep - 1, |a, b| b.cmp(a));
            self.keys.truncate(self.keep);
            self.threshold = score(last);
        }
    }

    /// The positions kept and their scores, in no order.
    pub(crate) fn into_positions(mut self) -> impl Iterator<Item = (u32, f32)> {
        self.shrink();
        self.keys.into_iter().map(|key| (!(key as u32), score(key)))
    }

    /// The positions kept and their scores, the best first.
    pub(crate) fn into_sorted(mut self) -> impl Iterator<Item = (u32, f32)> {
        self.shrink();
        self.keys.sort_unstable_by(|a, b| b.cmp(a));
        self.keys.into_iter().map(|key| (!(key as u32), score(key)))
    }
}

/// Entries kept beyond twice those that are wanted, so that a short list is not shrunk all the time.
const SPARE: usize = 64;

/// An integer that is larger for a larger score.
fn ascending(score: f32) -> u32 {
    // Adding zero makes -0.0 and 0.0 equal.
    let bits = (score + 0.0).to_bits();
    if bits >> 31 == 0 { bits | 1 << 31 } else { !bits }
}

fn score(key: u64) -> f32 {
    let ascending = (key >> 32) as u32;
    f32::from_bits(if ascending >> 31 == 1 { ascending ^ 1 << 31 } else { !ascending })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_threshold_is_the_least_score_kept_once_there_are_many() {
        let mut best = Best::new(2);
        best.extend((0..10).map(|position| (position, position as f32)));
        assert_eq!(best.threshold(), f32::NEG_INFINITY);
        best.extend((10..100).map(|position| (position, position as f32)));
        assert_eq!(best.threshold(), 98.0);
    }

    proptest! {
        #[test]
        fn agrees_with_sorting_everything(
            // Few distinct scores, so that equal ones are common.
            scores in prop::collection::vec((-4_i8..4).prop_map(f32::from), 0..400), keep in 1_usize..40,
        ) {
            let mut expected: Vec<(u32, f32)> = (0..).zip(scores.iter().copied()).collect();
            expected.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            expected.truncate(keep);
            let mut best = Best::new(keep);
            // From the last to the first: the order in which positions come does not matter.
            for (position, &score) in scores.iter().enumerate().rev() {
                best.extend([(position as u32, score)].into_iter());
            }
            prop_assert_eq!(best.len(), expected.len());
            prop_assert_eq!(best.into_sorted().collect::<Vec<_>>(), expected);
        }

        #[test]
        fn scores_keep_their_order(a in prop::num::f32::ANY, b in prop::num::f32::ANY) {
            prop_assume!(!a.is_nan() && !b.is_nan());
            prop_assert_eq!(ascending(a).cmp(&ascending(b)), (a + 0.0).total_cmp(&(b + 0.0)));
            prop_assert_eq!(score(u64::from(ascending(a)) << 32), a);
        }
    }
}
