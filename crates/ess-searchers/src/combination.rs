//! Two lists of hits made one.

use std::collections::BTreeMap;

use ess_core::{Error, Hit, TopK};
use serde::{Deserialize, Serialize};

/// How the hits of two searchers become one list. `weight` is the share of the second searcher, from 0 to 1; the first
/// has the rest.
///
/// All but [`Combination::Raw`] look at the scores or ranks that were found for a query, so they are no inner product.
/// `Raw` is one, of concatenated vectors, which [`HybridIndex`](crate::HybridIndex) answers exactly with one index; over
/// two lists it is that product for what both lists found, and an upper bound of it for the rest.
///
/// ```
/// use ess_core::Hit;
/// use ess_searchers::Combination;
///
/// let dense = [Hit::new(0, 0.9), Hit::new(1, 0.8), Hit::new(2, 0.1)];
/// let words = [Hit::new(1, 12.0), Hit::new(3, 2.0)];
/// let hits = Combination::MinMax { weight: 0.5 }.combine(&dense, &words, 2);
/// assert_eq!(hits[0].item, 1);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Combination {
    /// The weighted sum of `(score − lowest) / (highest − lowest)`; an item that was not found counts 0.
    MinMax {
        /// The share of the second searcher.
        weight: f32,
    },
    /// The weighted sum of `(score − mean) / standard deviation`; an item that was not found counts as the lowest found.
    ZScore {
        /// The share of the second searcher.
        weight: f32,
    },
    /// The weighted sum of both scores as they are; an item that was not found counts as the lowest found.
    Raw {
        /// The share of the second searcher. BM25 is much larger than a cosine: with unit vectors start with .02.
        weight: f32,
    },
    /// The sum of both scores as they are (CombSUM: Fox and Shaw 1994); an item that was not found counts 0.
    Sum,
    /// The weighted sum of `1 / (k + rank)` (Cormack, Clarke and Büttcher 2009).
    ReciprocalRank {
        /// How little the first ranks stand out; 60 is usual.
        k: f32,
        /// The share of the second searcher.
        weight: f32,
    },
}

impl Default for Combination {
    /// Min-max with equal shares.
    fn default() -> Self {
        Self::MinMax { weight: 0.5 }
    }
}

impl Combination {
    /// Refuses settings outside their range.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] naming the setting.
    pub fn check(&self) -> Result<(), Error> {
        let refuse = |name, expected, found: f32| {
            Err(Error::InvalidParameter { name, expected, found: found.to_string() })
        };
        match *self {
            Self::ReciprocalRank { k, .. } if !(k.is_finite() && k >= 0.0) => {
                return refuse("k of reciprocal ranks", "a number of 0 or more", k);
            }
            _ => {}
        }
        match self.weight() {
            Some(weight) if !(0.0..=1.0).contains(&weight) => {
                refuse("weight of the second searcher", "a number from 0 to 1", weight)
            }
            _ => Ok(()),
        }
    }

    /// The share of the second searcher; none where there is no share to choose.
    pub fn weight(&self) -> Option<f32> {
        match *self {
            Self::MinMax { weight }
            | Self::ZScore { weight }
            | Self::Raw { weight }
            | Self::ReciprocalRank { weight, .. } => Some(weight),
            Self::Sum => None,
        }
    }

    /// The same with another share, where it has one.
    ///
    /// ```
    /// use ess_searchers::Combination;
    ///
    /// let combination = Combination::ReciprocalRank { k: 60.0, weight: 0.5 };
    /// assert_eq!(combination.with_weight(0.2), Combination::ReciprocalRank { k: 60.0, weight: 0.2 });
    /// assert_eq!(Combination::Sum.with_weight(0.2), Combination::Sum);
    /// ```
    #[must_use]
    pub fn with_weight(self, share: f32) -> Self {
        match self {
            Self::MinMax { .. } => Self::MinMax { weight: share },
            Self::ZScore { .. } => Self::ZScore { weight: share },
            Self::Raw { .. } => Self::Raw { weight: share },
            Self::ReciprocalRank { k, .. } => Self::ReciprocalRank { k, weight: share },
            Self::Sum => Self::Sum,
        }
    }

    /// The `k` best of both lists, each most similar first; fewer when they have fewer items.
    pub fn combine(&self, first: &[Hit], second: &[Hit], k: usize) -> Vec<Hit> {
        let shares = self.weight().map_or([1.0, 1.0], |weight| [1.0 - weight, weight]);
        let mut best = TopK::new(k);
        for (item, [first, second]) in self.scores(first, second) {
            best.push(Hit::new(item, shares[0] * first + shares[1] * second));
        }
        best.into_sorted()
    }

    /// Every item of either list with its scores on the common scale, before they are weighted; in order of item.
    pub(crate) fn scores(&self, first: &[Hit], second: &[Hit]) -> BTreeMap<usize, [f32; 2]> {
        let scaled = [self.scaled(first), self.scaled(second)];
        let absent = [scaled[0].absent, scaled[1].absent];
        let mut scores = BTreeMap::new();
        for (list, side) in scaled.into_iter().zip(0..) {
            for (item, score) in list.scores {
                scores.entry(item).or_insert(absent)[side] = score;
            }
        }
        scores
    }

    fn scaled(&self, hits: &[Hit]) -> Scaled {
        match *self {
            Self::MinMax { .. } => Scaled::min_max(hits),
            Self::ZScore { .. } => Scaled::z_score(hits),
            Self::Raw { .. } => {
                let lowest = hits.last().map_or(0.0, |worst| worst.similarity);
                Scaled::by(hits, lowest, |_, score| score)
            }
            Self::Sum => Scaled::by(hits, 0.0, |_, score| score),
            Self::ReciprocalRank { k, .. } => Scaled::by(hits, 0.0, |rank, _| 1.0 / (k + rank as f32 + 1.0)),
        }
    }
}

/// Scores on a common scale, and what an item counts that was not found.
struct Scaled {
    scores: Vec<(usize, f32)>,
    absent: f32,
}

impl Scaled {
    fn by(hits: &[Hit], absent: f32, scale: impl Fn(usize, f32) -> f32) -> Self {
        let scores = hits.iter().enumerate().map(|(rank, hit)| (hit.item, scale(rank, hit.similarity)));
        Self { scores: scores.collect(), absent }
    }

    fn min_max(hits: &[Hit]) -> Self {
        let (Some(best), Some(worst)) = (hits.first(), hits.last()) else {
            return Self { scores: Vec::new(), absent: 0.0 };
        };
        let range = best.similarity - worst.similarity;
        let scale = |score: f32| if range > 0.0 { (score - worst.similarity) / range } else { 1.0 };
        Self::by(hits, 0.0, |_, score| scale(score))
    }

    fn z_score(hits: &[Hit]) -> Self {
        let Some(worst) = hits.last() else {
            return Self { scores: Vec::new(), absent: 0.0 };
        };
        let count = hits.len() as f32;
        let mean = hits.iter().map(|hit| hit.similarity).sum::<f32>() / count;
        let deviation = (hits.iter().map(|hit| (hit.similarity - mean).powi(2)).sum::<f32>() / count).sqrt();
        let scale = |score: f32| if deviation > 0.0 { (score - mean) / deviation } else { 0.0 };
        Self::by(hits, scale(worst.similarity), |_, score| scale(score))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALL: [Combination; 5] = [
        Combination::MinMax { weight: 0.5 },
        Combination::ZScore { weight: 0.5 },
        Combination::Raw { weight: 0.5 },
        Combination::Sum,
        Combination::ReciprocalRank { k: 60.0, weight: 0.5 },
    ];

    fn hits(similarities: &[(usize, f32)]) -> Vec<Hit> {
        let mut hits: Vec<Hit> =
            similarities.iter().map(|&(item, similarity)| Hit::new(item, similarity)).collect();
        hits.sort_by(Hit::by_relevance);
        hits
    }

    #[test]
    fn what_both_find_comes_first() {
        let (dense, words) = (hits(&[(0, 0.9), (1, 0.8), (2, 0.1)]), hits(&[(1, 0.7), (3, 0.5)]));
        for combination in ALL {
            assert_eq!(combination.combine(&dense, &words, 4)[0].item, 1, "{combination:?}");
        }
    }

    #[test]
    fn reciprocal_ranks_by_hand() {
        let combination = Combination::ReciprocalRank { k: 60.0, weight: 0.25 };
        let found = combination.combine(&hits(&[(5, 0.9), (6, 0.8)]), &hits(&[(6, 3.0)]), 2);
        assert_eq!((found[0].item, found[0].similarity), (6, 0.75 / 62.0 + 0.25 / 61.0));
    }

    #[test]
    fn settings_outside_their_range_are_refused() {
        for bad in [Combination::MinMax { weight: 1.5 }, Combination::ReciprocalRank { k: -1.0, weight: 0.5 }]
        {
            assert!(matches!(bad.check(), Err(Error::InvalidParameter { .. })));
        }
        assert!(serde_json::from_str::<Combination>(r#"{"kind":"min_max","weight":0.5,"k":1}"#).is_err());
    }

    proptest! {
        #[test]
        fn a_searcher_alone_keeps_its_order(scores in prop::collection::vec(-5_i8..5, 1..20)) {
            let list = hits(&scores.iter().enumerate().map(|(i, &s)| (i, f32::from(s))).collect::<Vec<_>>());
            for combination in ALL.map(|combination| combination.with_weight(0.0)) {
                let found = combination.combine(&list, &[], 99);
                let order = |hits: &[Hit]| hits.iter().map(|hit| hit.item).collect::<Vec<_>>();
                prop_assert_eq!(order(&found), order(&list));
            }
        }
    }
}
