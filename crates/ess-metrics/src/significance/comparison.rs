//! Systems compared with a baseline.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Bootstrap, RandomizationTest, holm};
use crate::{Aggregate, Error, Evaluation};

/// How differences are tested.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Significance {
    /// Gives the interval of the difference.
    pub bootstrap: Bootstrap,
    /// Gives the p-value.
    pub randomization: RandomizationTest,
}

/// One system compared with the baseline on one measure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Comparison {
    /// The system.
    pub system: String,
    /// What it was compared with.
    pub baseline: String,
    /// The measure's name.
    pub measure: String,
    /// The system's mean minus the baseline's.
    pub delta: f64,
    /// The 95 % bootstrap interval of `delta`, low and high.
    pub ci95: [f64; 2],
    /// The two-sided p-value of the randomisation test.
    pub p: f64,
    /// `p` after Holm's correction over all systems compared on this measure.
    pub p_holm: f64,
}

/// Compares systems with a baseline on every measure of the baseline whose value is a mean over queries: measure
/// by measure, and in each system by system. Counts and geometric means are left out.
///
/// All must have been evaluated on the same queries. Holm's correction is over the systems of one measure;
/// use [`holm`] for another family of comparisons.
///
/// ```
/// use ess_metrics::{Evaluator, RowQrels, Significance, compare};
///
/// let qrels = RowQrels::new((0..8).map(|_| [(0, 1)]))?;
/// let evaluator = Evaluator::from_names(["mrr@10"])?;
/// let frozen = evaluator.evaluate_rows(&qrels, (0..8).map(|_| [1, 0]))?;
/// let trained = evaluator.evaluate_rows(&qrels, (0..8).map(|_| [0, 1]))?;
/// let rows = compare(("frozen", &frozen), &[("trained", &trained)], &Significance::default())?;
/// assert_eq!((rows[0].delta, rows[0].ci95, rows[0].p), (0.5, [0.5, 0.5], 2.0 / 256.0));
/// # Ok::<(), ess_metrics::Error>(())
/// ```
///
/// # Errors
/// [`Error::QueryMismatch`] when a system has other queries than the baseline, [`Error::NotMeasured`] when it
/// lacks one of its measures, [`Error::InvalidParameter`] for settings outside their range.
pub fn compare<Q: PartialEq + fmt::Display>(
    baseline: (&str, &Evaluation<Q>),
    systems: &[(&str, &Evaluation<Q>)],
    significance: &Significance,
) -> Result<Vec<Comparison>, Error> {
    for system in systems {
        check_queries(baseline, *system)?;
    }
    let mut rows = Vec::new();
    for measure in baseline.1.measures().iter().filter(|values| values.aggregate == Aggregate::Mean) {
        let first = rows.len();
        for (system, evaluation) in systems {
            let values = evaluation.get(&measure.measure)?;
            let (ours, theirs) = (&values.per_query, &measure.per_query);
            let p = significance.randomization.p_value(theirs, ours)?;
            rows.push(Comparison {
                system: (*system).to_owned(),
                baseline: baseline.0.to_owned(),
                measure: measure.measure.clone(),
                delta: values.mean - measure.mean,
                ci95: significance.bootstrap.difference_interval(theirs, ours, 0.95)?,
                p,
                p_holm: p,
            });
        }
        let p_values: Vec<f64> = rows[first..].iter().map(|row| row.p).collect();
        for (row, p_holm) in rows[first..].iter_mut().zip(holm(&p_values)?) {
            row.p_holm = p_holm;
        }
    }
    Ok(rows)
}

fn check_queries<Q: PartialEq + fmt::Display>(
    baseline: (&str, &Evaluation<Q>),
    system: (&str, &Evaluation<Q>),
) -> Result<(), Error> {
    let (expected, found) = (baseline.1.queries(), system.1.queries());
    let different = expected.iter().zip(found).find(|(expected, found)| expected != found);
    let detail = match different {
        Some((expected, found)) => format!("expected query {expected}, found {found}"),
        None if expected.len() != found.len() => {
            format!("expected {} queries, found {}", expected.len(), found.len())
        }
        None => return Ok(()),
    };
    Err(Error::QueryMismatch { system: system.0.to_owned(), baseline: baseline.0.to_owned(), detail })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Evaluator, RowQrels};

    fn mrr(rankings: &[[usize; 3]]) -> Evaluation<usize> {
        let qrels = RowQrels::new(rankings.iter().map(|_| [(0, 1)])).unwrap();
        let rankings = rankings.iter().copied();
        Evaluator::from_names(["mrr", "success@2"]).unwrap().evaluate_rows(&qrels, rankings).unwrap()
    }

    #[test]
    fn rows_come_by_measure_then_system_and_are_corrected_within_a_measure() {
        let frozen = mrr(&[[1, 0, 2]; 6]);
        let (better, same) = (mrr(&[[0, 1, 2]; 6]), mrr(&[[1, 0, 2]; 6]));
        let systems = [("better", &better), ("same", &same)];
        let rows = compare(("frozen", &frozen), &systems, &Significance::default()).unwrap();
        let found: Vec<_> =
            rows.iter().map(|row| (row.measure.as_str(), row.system.as_str(), row.p, row.p_holm)).collect();
        let p = 2.0 / 64.0;
        let expected = [
            ("mrr", "better", p, 2.0 * p),
            ("mrr", "same", 1.0, 1.0),
            ("success@2", "better", 1.0, 1.0),
            ("success@2", "same", 1.0, 1.0),
        ];
        assert_eq!(found, expected);
        let json = serde_json::to_value(&rows[0]).unwrap();
        assert_eq!(json["ci95"], serde_json::json!([0.5, 0.5]));
    }

    #[test]
    fn other_queries_and_other_measures_are_refused() {
        let frozen = mrr(&[[1, 0, 2]; 6]);
        let fewer = mrr(&[[1, 0, 2]; 5]);
        let found = compare(("frozen", &frozen), &[("fewer", &fewer)], &Significance::default());
        assert!(matches!(found, Err(Error::QueryMismatch { system, .. }) if system == "fewer"));

        let qrels = RowQrels::new([[(0, 1)]]).unwrap();
        let one = |name| Evaluator::from_names([name]).unwrap().evaluate_rows(&qrels, [[0]]).unwrap();
        let found = compare(("a", &one("mrr")), &[("b", &one("map"))], &Significance::default());
        assert!(matches!(found, Err(Error::NotMeasured { name, .. }) if name == "mrr"));
    }
}
