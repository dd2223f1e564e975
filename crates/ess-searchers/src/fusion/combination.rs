//! Ways to combine two lists of hits into one.

use std::collections::BTreeMap;

use ess_core::{Error, Hit, TopK};
use ess_metrics::{Normalization, reciprocal_rank};
use serde::{Deserialize, Serialize};

/// How the hits of two searchers become one list.
///
/// `weight` is the weight of the second searcher, from 0 to 1; the first searcher has the weight `1 − weight`.
///
/// [`Combination::Raw`] is an inner product of concatenated vectors, which [`HybridIndex`](crate::HybridIndex) computes
/// exactly with one index. Over two lists it is that inner product for items in both lists, and an upper bound of it for the
/// others. The other combinations depend on the scores or ranks of all hits of a query, so they are no inner product.
///
/// Scores are normalised by [`ess_metrics::Normalization`], as those of runs are ([`ess_metrics::Fusion`]).
///
/// ```
/// use ess_core::Hit;
/// use ess_searchers::Combination;
///
/// let dense = [Hit::new(0, 0.9), Hit::new(1, 0.8), Hit::new(2, 0.1)];
/// let lexical = [Hit::new(1, 12.0), Hit::new(3, 2.0)];
/// let hits = Combination::MinMax { weight: 0.5 }.combine(&dense, &lexical, 2);
/// assert_eq!(hits[0].item, 1);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Combination {
    /// The weighted sum of `(score − lowest) / (highest − lowest)`; an item that was not found has the score 0.
    MinMax {
        /// The weight of the second searcher.
        weight: f32,
    },
    /// The weighted sum of `(score − mean) / standard deviation`; an item that was not found has the lowest score
    /// of the list.
    ZScore {
        /// The weight of the second searcher.
        weight: f32,
    },
    /// The weighted sum of both scores as they are; an item that was not found has the lowest score
    /// of the list.
    Raw {
        /// The weight of the second searcher. BM25 scores are much larger than cosines: with vectors of unit norm start
        /// with .02.
        weight: f32,
    },
    /// The sum of both scores as they are (CombSUM: Fox and Shaw 1994); an item that was not found has the score 0.
    Sum,
    /// The weighted sum of `1 / (k + rank)` (Cormack, Clarke and Büttcher 2009).
    ReciprocalRank {
        /// The constant added to ranks; 60 is usual. The larger it is, the less the first ranks stand out.
        k: f32,
        /// The weight of the second searcher.
        weight: f32,
    },
}

impl Default for Combination {
    /// Min-max with equal weights.
    fn default() -> Self {
        Self::MinMax { weight: 0.5 }
    }
}

impl Combination {
    /// Checks that settings are in their ranges.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] naming the first setting that is not.
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

    /// The weight of the second searcher; `None` for [`Combination::Sum`].
    pub fn weight(&self) -> Option<f32> {
        match *self {
            Self::MinMax { weight }
            | Self::ZScore { weight }
            | Self::Raw { weight }
            | Self::ReciprocalRank { weight, .. } => Some(weight),
            Self::Sum => None,
        }
    }

    /// The same combination with another weight of the second searcher. [`Combination::Sum`] has none and stays as it is.
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

    /// The `k` best items of both lists, or all items where there are fewer. Both lists are given most similar first.
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
            Self::MinMax { .. } => Scaled::normalized(hits, Normalization::MinMax),
            Self::ZScore { .. } => Scaled::normalized(hits, Normalization::ZScore),
            Self::Sum => Scaled::normalized(hits, Normalization::None),
            Self::Raw { .. } => {
                let lowest = hits.last().map_or(0.0, |worst| worst.similarity);
                Scaled { absent: lowest, ..Scaled::normalized(hits, Normalization::None) }
            }
            Self::ReciprocalRank { k, .. } => Scaled::ranked(hits, k),
        }
    }
}

/// Scores on a common scale, and the score of an item that was not found.
struct Scaled {
    scores: Vec<(usize, f32)>,
    absent: f32,
}

impl Scaled {
    fn normalized(hits: &[Hit], normalization: Normalization) -> Self {
        let mut scores: Vec<f32> = hits.iter().map(|hit| hit.similarity).collect();
        let absent = normalization.apply(&mut scores);
        Self { scores: hits.iter().map(|hit| hit.item).zip(scores).collect(), absent }
    }

    fn ranked(hits: &[Hit], k: f32) -> Self {
        let score = |(index, hit): (usize, &Hit)| (hit.item, reciprocal_rank(k, index + 1));
        Self { scores: hits.iter().enumerate().map(score).collect(), absent: 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use ess_metrics::{Fusion, Run};
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
        let (dense, lexical) = (hits(&[(0, 0.9), (1, 0.8), (2, 0.1)]), hits(&[(1, 0.7), (3, 0.5)]));
        for combination in ALL {
            assert_eq!(combination.combine(&dense, &lexical, 4)[0].item, 1, "{combination:?}");
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

    #[test]
    fn runs_and_lists_of_hits_are_fused_alike() {
        let lists = [[(0, 0.9), (1, 0.75), (2, 0.1)], [(1, 12.0), (3, 7.5), (0, 7.25)]];
        let mut runs = [Run::new("dense"), Run::new("lexical")];
        for (run, list) in runs.iter_mut().zip(&lists) {
            list.iter().for_each(|(item, score)| run.insert("q", &item.to_string(), *score).unwrap());
        }
        let sum = |normalization| Fusion::WeightedSum { normalization, weights: vec![0.75, 0.25] };
        for (combination, fusion) in [
            (Combination::MinMax { weight: 0.25 }, sum(Normalization::MinMax)),
            (Combination::ZScore { weight: 0.25 }, sum(Normalization::ZScore)),
            (Combination::Sum, Fusion::CombSum { normalization: Normalization::None }),
        ] {
            let fused = fusion.fuse("fused", &[&runs[0], &runs[1]]).unwrap();
            for hit in combination.combine(&hits(&lists[0]), &hits(&lists[1]), 4) {
                let expected = fused.score("q", &hit.item.to_string()).unwrap();
                assert!((hit.similarity - expected).abs() < 1e-5, "{combination:?}: {hit:?} {expected}");
            }
        }
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
