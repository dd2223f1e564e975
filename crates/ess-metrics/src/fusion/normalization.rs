//! Scores of different systems on one scale.

use serde::{Deserialize, Serialize};

use super::score::Score;

/// The scale to which each system's scores for one query are brought, so that they can be added.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Normalization {
    /// Scores stay as they are; an item that the system did not find has the score 0.
    None,
    /// `(score − lowest) / (highest − lowest)`, in `0..=1`; 1 where all are equal. An item that the system
    /// did not find has the score 0, like the lowest. The default.
    #[default]
    MinMax,
    /// `(score − mean) / standard deviation` over the items found; 0 where all are equal. An item that the
    /// system did not find has the score of the lowest, since 0 would put it above about half of those found.
    ZScore,
}

impl Normalization {
    /// Normalises the scores of one system for one query in place, and returns the score of an item that the system did not
    /// find. Without scores it returns 0.
    ///
    /// ```
    /// use ess_metrics::Normalization;
    ///
    /// let mut scores = [9.0_f32, 5.0, 1.0];
    /// let missing = Normalization::MinMax.apply(&mut scores);
    /// assert_eq!((scores, missing), ([1.0, 0.5, 0.0], 0.0));
    /// ```
    pub fn apply<S: Score>(self, scores: &mut [S]) -> S {
        match self {
            Self::None => S::ZERO,
            Self::MinMax => min_max(scores),
            Self::ZScore => z_score(scores),
        }
    }
}

fn min_max<S: Score>(scores: &mut [S]) -> S {
    let Some((lowest, highest)) = range(scores) else { return S::ZERO };
    let width = highest - lowest;
    let scale = |score| if highest > lowest { (score - lowest) / width } else { S::ONE };
    scores.iter_mut().for_each(|score| *score = scale(*score));
    S::ZERO
}

fn z_score<S: Score>(scores: &mut [S]) -> S {
    let Some((lowest, highest)) = range(scores) else { return S::ZERO };
    let count = S::from_count(scores.len());
    let mean = scores.iter().copied().sum::<S>() / count;
    let square = |score: &S| (*score - mean) * (*score - mean);
    let deviation = (scores.iter().map(square).sum::<S>() / count).sqrt();
    // The deviation of equal scores can round to above 0, and that of nearly equal ones to 0.
    let apart = highest > lowest && deviation > S::ZERO;
    let scale = |score| if apart { (score - mean) / deviation } else { S::ZERO };
    scores.iter_mut().for_each(|score| *score = scale(*score));
    scale(lowest)
}

/// The lowest and the highest score.
fn range<S: Score>(scores: &[S]) -> Option<(S, S)> {
    let (&first, others) = scores.split_first()?;
    let wider = |(lowest, highest): (S, S), &score: &S| {
        (if score < lowest { score } else { lowest }, if score > highest { score } else { highest })
    };
    Some(others.iter().fold((first, first), wider))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definitions, in the type of the scores.
    macro_rules! by_hand {
        ($float:ident) => {{
            let scores: [$float; 4] = [0.75, 7.1, -2.3, 0.2];
            let mean = scores.iter().sum::<$float>() / 4.0;
            let variance = scores.iter().map(|x| (x - mean).powi(2)).sum::<$float>() / 4.0;
            let mut found = scores;
            let missing = Normalization::ZScore.apply(&mut found);
            assert_eq!(found, scores.map(|x| (x - mean) / variance.sqrt()));
            assert_eq!(missing, (-2.3 - mean) / variance.sqrt());
            let mut found = scores;
            assert_eq!(Normalization::MinMax.apply(&mut found), 0.0);
            assert_eq!(found, scores.map(|x| (x - -2.3) / (7.1 - -2.3)));
        }};
    }

    #[test]
    fn both_types_of_scores_follow_the_definitions() {
        by_hand!(f32);
        by_hand!(f64);
    }

    #[test]
    fn scores_far_from_zero_have_the_z_scores_of_those_near_it() {
        let mut near = [1.0_f64, 2.0, 3.0, 5.0];
        let mut far = near.map(|score| 2.0_f64.powi(49) + score);
        let missing = Normalization::ZScore.apply(&mut near);
        assert_eq!((Normalization::ZScore.apply(&mut far), far), (missing, near));
    }

    #[test]
    fn scores_that_are_not_apart_are_zero_in_z_scores_and_one_in_min_max() {
        // Three times .1 is not .3, so the mean of these is not .1.
        for equal in [vec![0.1_f32; 3], vec![5.0], vec![f32::from_bits(1), 0.0]] {
            let mut scores = equal.clone();
            let missing = Normalization::ZScore.apply(&mut scores);
            assert!(missing == 0.0 && scores.iter().all(|score| *score == 0.0), "{equal:?}: {scores:?}");
        }
        // The mean of three times .1 is above .1 in double precision.
        let mut scores = [0.1_f64; 3];
        assert_eq!((Normalization::ZScore.apply(&mut scores), scores), (0.0, [0.0; 3]));
        let mut scores = [0.1_f32; 3];
        assert_eq!((Normalization::MinMax.apply(&mut scores), scores), (0.0, [1.0; 3]));
        for normalization in [Normalization::None, Normalization::MinMax, Normalization::ZScore] {
            assert_eq!(normalization.apply::<f32>(&mut []), 0.0);
        }
    }
}
