//! From which probabilities on a cross-encoder's scores are judgements.

use anyhow::Result;
use ess_core::{Link, Sigmoid};
use ess_metrics::{Qrels, Run};
use serde::Serialize;

/// From which probabilities (the sigmoid of a score) on a score is a judgement; none between them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Thresholds {
    /// The minimum probability of an item that is judged relevant.
    pub(crate) relevant_from: f64,
    /// The greatest probability of an item that is judged not relevant.
    pub(crate) irrelevant_to: f64,
}

/// How many judgements were made.
#[derive(Debug, Default, PartialEq, Serialize)]
pub(crate) struct Labels {
    pub(crate) relevant: usize,
    pub(crate) irrelevant: usize,
    /// Pairs whose score lies between the two thresholds.
    pub(crate) neither: usize,
}

impl Thresholds {
    /// Whether they are probabilities, and leave something apart.
    pub(crate) fn are_apart(&self) -> bool {
        0.0 <= self.irrelevant_to && self.irrelevant_to < self.relevant_from && self.relevant_from <= 1.0
    }

    /// Judgements of the scored pairs, after those that there are, which stay as they are.
    pub(crate) fn judge(&self, scored: &Run, judged: Option<&Qrels>) -> Result<(Qrels, Labels)> {
        let mut qrels = judged.cloned().unwrap_or_default();
        let mut labels = Labels::default();
        let link = Sigmoid::new(1.0, 0.0)?;
        for query in scored.queries() {
            for (item, score) in scored.ranking(query) {
                let known = judged.and_then(|judged| judged.grade(query, item));
                let probability = f64::from(link.probability(score));
                if known.is_some() {
                    continue;
                } else if probability >= self.relevant_from {
                    qrels.insert(query, item, 1)?;
                    labels.relevant += 1;
                } else if probability <= self.irrelevant_to {
                    qrels.insert(query, item, 0)?;
                    labels.irrelevant += 1;
                } else {
                    labels.neither += 1;
                }
            }
        }
        Ok((qrels, labels))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn thresholds(irrelevant_to: f64, relevant_from: f64) -> Thresholds {
        Thresholds { relevant_from, irrelevant_to }
    }

    #[test]
    fn scores_between_the_thresholds_judge_nothing_and_judgements_stay() {
        let mut scored = Run::new("teacher");
        for (item, score) in
            [("sure", 2.3), ("likely", 2.1), ("unlikely", -2.1), ("no", -2.3), ("judged", 9.0)]
        {
            scored.insert("q", item, score).unwrap();
        }
        let mut judged = Qrels::default();
        judged.insert("q", "judged", 0).unwrap();
        judged.insert("other", "kept", 2).unwrap();
        let (qrels, labels) = thresholds(0.1, 0.9).judge(&scored, Some(&judged)).unwrap();
        let grade = |item| qrels.grade("q", item);
        assert_eq!([grade("sure"), grade("no"), grade("judged")], [Some(1), Some(0), Some(0)]);
        assert_eq!([grade("likely"), grade("unlikely"), qrels.grade("other", "kept")], [None, None, Some(2)]);
        assert_eq!(labels, Labels { relevant: 1, irrelevant: 1, neither: 2 });
    }

    #[test]
    fn thresholds_are_probabilities_in_their_order() {
        for (low, high) in [(0.5, 0.5), (0.9, 0.1), (-0.1, 0.9), (0.1, 1.1), (f64::NAN, 0.9), (0.1, f64::NAN)]
        {
            assert!(!thresholds(low, high).are_apart(), "{low} {high}");
        }
        assert!(thresholds(0.0, 1.0).are_apart());
    }
}
