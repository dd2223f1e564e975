//! Selecting the k best of many similarities without sorting them all.

use crate::hit::Hit;

/// Keeps the `k` most relevant of the hits pushed into it, in the order of [`Hit::by_relevance`].
///
/// Memory is `2k` hits; pushing `n` hits costs `O(n + k log k)` on average. What it keeps does not depend on the
/// order in which hits come.
///
/// ```
/// use ess_core::TopK;
///
/// let mut best = TopK::new(2);
/// best.extend_from_similarities(0, &[0.1, 0.7, 0.3, 0.7]);
/// let items: Vec<_> = best.into_sorted().iter().map(|hit| hit.item).collect();
/// assert_eq!(items, [1, 3]);
/// ```
#[derive(Clone, Debug)]
pub struct TopK {
    k: usize,
    kept: Vec<Hit>,
    // Nothing below it can still be among the k best.
    threshold: f32,
}

impl TopK {
    /// Keeps at most `k` hits; with `k = 0`, none.
    pub fn new(k: usize) -> Self {
        Self { k, kept: Vec::new(), threshold: f32::NEG_INFINITY }
    }

    /// Offers one hit.
    #[inline]
    pub fn push(&mut self, hit: Hit) {
        if hit.similarity >= self.threshold {
            self.kept.push(hit);
            if self.kept.len() >= self.k.max(8).saturating_mul(2) {
                self.shrink();
            }
        }
    }

    /// Offers the similarities of the items `first_item`, `first_item + 1`, ….
    #[inline]
    pub fn extend_from_similarities(&mut self, first_item: usize, similarities: &[f32]) {
        for (offset, &similarity) in similarities.iter().enumerate() {
            self.push(Hit::new(first_item + offset, similarity));
        }
    }

    /// Offers everything that another selection kept.
    pub fn merge(&mut self, other: TopK) {
        for hit in other.kept {
            self.push(hit);
        }
    }

    /// The number of hits to keep.
    pub fn k(&self) -> usize {
        self.k
    }

    /// A similarity that a hit must reach to be kept; it only rises.
    #[inline]
    pub fn threshold(&self) -> f32 {
        self.threshold
    }

    /// The hits kept, most relevant first.
    pub fn into_sorted(mut self) -> Vec<Hit> {
        self.shrink();
        self.kept.sort_unstable_by(Hit::by_relevance);
        self.kept
    }

    fn shrink(&mut self) {
        if self.k == 0 {
            self.kept.clear();
            self.threshold = f32::INFINITY;
        } else if self.kept.len() > self.k {
            let (_, last, _) = self.kept.select_nth_unstable_by(self.k - 1, Hit::by_relevance);
            self.threshold = last.similarity;
            self.kept.truncate(self.k);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn agrees_with_sorting_everything(
            // Few distinct values, so that ties are common.
            similarities in prop::collection::vec((-4_i8..4).prop_map(f32::from), 0..200),
            k in 0_usize..40,
            split in 0_usize..200,
        ) {
            let mut all: Vec<Hit> = similarities.iter().enumerate().map(|(i, &s)| Hit::new(i, s)).collect();
            all.sort_by(Hit::by_relevance);
            all.truncate(k);

            let mut forward = TopK::new(k);
            forward.extend_from_similarities(0, &similarities);
            prop_assert_eq!(&forward.into_sorted(), &all);

            let split = split.min(similarities.len());
            let (left, right) = similarities.split_at(split);
            let (mut a, mut b) = (TopK::new(k), TopK::new(k));
            a.extend_from_similarities(0, left);
            b.extend_from_similarities(split, right);
            b.merge(a);
            prop_assert_eq!(&b.into_sorted(), &all);
        }
    }
}
