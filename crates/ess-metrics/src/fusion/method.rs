//! The ways of fusing.

use indexmap::{IndexMap, IndexSet};
use serde::{Deserialize, Serialize};

use super::contribution::Contribution;
use super::normalization::Normalization;
use crate::error::Error;
use crate::run::Run;

/// A way to fuse several runs into one, query by query, by their scores or by their ranks.
///
/// The fused run has the queries of all runs, and for each query the items of all runs. A run without the query contributes
/// nothing to it.
///
/// ```
/// use ess_metrics::{Fusion, Run};
///
/// let (mut dense, mut lexical) = (Run::new("dense"), Run::new("lexical"));
/// for (item, score) in [("d1", 0.9), ("d2", 0.8), ("d3", 0.1)] {
///     dense.insert("q", item, score)?;
/// }
/// for (item, score) in [("d2", 12.0), ("d4", 7.0)] {
///     lexical.insert("q", item, score)?;
/// }
/// let fused = Fusion::default().fuse("hybrid", &[&dense, &lexical])?;
/// assert_eq!(fused.ranking("q")[0], ("d2", (1.0 / 62.0 + 1.0 / 61.0) as f32));
/// # Ok::<(), ess_metrics::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Fusion {
    /// `Σ weight · score` over the runs.
    WeightedSum {
        /// The scale of the scores.
        normalization: Normalization,
        /// One finite weight a run, in their order.
        weights: Vec<f64>,
    },
    /// `Σ score` over the runs: Fox and Shaw, "Combination of multiple searches", TREC-2, 1994.
    CombSum {
        /// The scale of the scores.
        normalization: Normalization,
    },
    /// `Σ score`, times the number of runs that found the item: Fox and Shaw, TREC-2, 1994.
    CombMnz {
        /// The scale of the scores.
        normalization: Normalization,
    },
    /// `Σ 1 / (k + rank)` over the runs that found the item, ranks as [`Run::ranking`] gives them: Cormack,
    /// Clarke and Büttcher, "Reciprocal rank fusion outperforms Condorcet and individual rank learning
    /// methods", SIGIR 2009, who take `k` 60.
    ReciprocalRank {
        /// A finite number of at least 0. The larger it is, the less the first ranks stand out.
        k: f64,
    },
}

/// Reciprocal rank fusion with `k` 60.
impl Default for Fusion {
    fn default() -> Self {
        Self::ReciprocalRank { k: 60.0 }
    }
}

impl Fusion {
    /// Fuses one or more runs into a run called `name`.
    ///
    /// # Errors
    /// [`Error::Empty`] without a run, [`Error::LengthMismatch`] unless there is one weight for each run,
    /// [`Error::NonFinite`] or [`Error::InvalidParameter`] for a weight or a `k` outside its range,
    /// [`Error::NonFiniteScore`] when a fused score overflows.
    pub fn fuse(&self, name: impl Into<String>, runs: &[&Run]) -> Result<Run, Error> {
        self.check(runs)?;
        let queries: IndexSet<&str> = runs.iter().flat_map(|run| run.queries()).collect();
        let mut fused = Run::new(name);
        for query in queries {
            for (item, score) in self.fuse_query(query, runs) {
                fused.insert(query, item, score as f32)?;
            }
        }
        Ok(fused)
    }

    fn fuse_query<'a>(
        &self,
        query: &str,
        runs: &[&'a Run],
    ) -> impl Iterator<Item = (&'a str, f64)> + use<'a> {
        let mut sums: IndexMap<&'a str, (f64, usize)> = IndexMap::new();
        let mut sum_of_missing = 0.0;
        for (position, run) in runs.iter().copied().enumerate() {
            let Some(hits) = run.get(query) else { continue };
            let contribution = match *self {
                Self::ReciprocalRank { k } => Contribution::of_ranks(run.ranking(query), k),
                Self::WeightedSum { normalization, .. }
                | Self::CombSum { normalization }
                | Self::CombMnz { normalization } => Contribution::of_scores(hits, normalization),
            };
            let weight = match self {
                Self::WeightedSum { weights, .. } => weights[position],
                _ => 1.0,
            };
            sum_of_missing += weight * contribution.missing;
            for (item, score) in contribution.found {
                let (sum, count) = sums.entry(item).or_default();
                *sum += weight * (score - contribution.missing);
                *count += 1;
            }
        }
        let by_count = matches!(self, Self::CombMnz { .. });
        sums.into_iter().map(move |(item, (sum, count))| {
            let factor = if by_count { count as f64 } else { 1.0 };
            (item, (sum_of_missing + sum) * factor)
        })
    }

    fn check(&self, runs: &[&Run]) -> Result<(), Error> {
        if runs.is_empty() {
            return Err(Error::Empty { what: "runs to be fused" });
        }
        match self {
            Self::WeightedSum { weights, .. } if weights.len() != runs.len() => Err(Error::LengthMismatch {
                what: "weights, one a run",
                expected: runs.len(),
                found: weights.len(),
            }),
            Self::WeightedSum { weights, .. } => {
                match weights.iter().position(|weight| !weight.is_finite()) {
                    Some(position) => Err(Error::NonFinite {
                        what: "weights of runs".to_owned(),
                        position,
                        value: weights[position],
                    }),
                    None => Ok(()),
                }
            }
            Self::ReciprocalRank { k } if !(k.is_finite() && *k >= 0.0) => Err(Error::InvalidParameter {
                name: "k of reciprocal rank fusion",
                expected: "a finite number of at least 0",
                found: k.to_string(),
            }),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(scores: &[(&str, f32)]) -> Run {
        let mut run = Run::new("run");
        for (item, score) in scores {
            run.insert("q", item, *score).unwrap();
        }
        run
    }

    #[test]
    fn an_item_that_was_not_found_is_no_better_than_the_lowest_that_was() {
        let (one, two) =
            (run(&[("a", 9.0), ("b", 5.0), ("c", 1.0)]), run(&[("d", 3.0), ("a", 2.0), ("c", 1.0)]));
        for normalization in [Normalization::MinMax, Normalization::ZScore] {
            let fused = Fusion::CombSum { normalization }.fuse("fused", &[&one, &two]).unwrap();
            // b has the middle score of one run alone, c the lowest of both, d the highest of the other.
            let ranking: Vec<_> = fused.ranking("q").iter().map(|(item, _)| *item).collect();
            assert_eq!(ranking, ["a", "d", "b", "c"], "{normalization:?}");
        }
    }

    #[test]
    fn equal_scores_count_as_found() {
        let (one, other) = (run(&[("a", 7.0)]), run(&[("b", 2.0), ("c", 1.0)]));
        let fused =
            Fusion::CombSum { normalization: Normalization::MinMax }.fuse("fused", &[&one, &other]).unwrap();
        assert_eq!((fused.score("q", "a"), fused.score("q", "c")), (Some(1.0), Some(0.0)));
    }

    #[test]
    fn bad_input_is_refused() {
        let (some, huge) = (run(&[("a", 1.0)]), run(&[("a", f32::MAX)]));
        let weighted = |weights: &[f64]| Fusion::WeightedSum {
            normalization: Normalization::None,
            weights: weights.to_vec(),
        };
        assert!(matches!(Fusion::default().fuse("f", &[]), Err(Error::Empty { .. })));
        let found = weighted(&[1.0]).fuse("f", &[&some, &some]);
        assert!(matches!(found, Err(Error::LengthMismatch { expected: 2, found: 1, .. })));
        assert!(matches!(
            weighted(&[f64::NAN]).fuse("f", &[&some]),
            Err(Error::NonFinite { position: 0, .. })
        ));
        assert!(matches!(weighted(&[2.0]).fuse("f", &[&huge]), Err(Error::NonFiniteScore { .. })));
        for k in [-1.0, f64::NAN, f64::INFINITY] {
            let found = Fusion::ReciprocalRank { k }.fuse("f", &[&some]);
            assert!(matches!(found, Err(Error::InvalidParameter { .. })));
        }
    }

    #[test]
    fn settings_are_data() {
        let text = r#"{"weighted_sum":{"normalization":"z_score","weights":[0.5,0.5]}}"#;
        let fusion: Fusion = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&fusion).unwrap(), text);
        assert!(serde_json::from_str::<Fusion>(r#"{"reciprocal_rank":{"k":60,"n":1}}"#).is_err());
    }
}
