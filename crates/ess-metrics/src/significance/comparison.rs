//! Systems compared with a baseline.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{bootstrap::Bootstrap, holm::holm, randomization::RandomizationTest};
use crate::error::Error;
use crate::evaluation::Evaluation;
use crate::measures::Aggregate;

/// How differences are tested.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Significance {
    /// Gives the interval of the difference.
    pub bootstrap: Bootstrap,
    /// Gives the p-value.
    pub randomization: RandomizationTest,
    /// Which comparisons Holm's correction is over; all by default.
    pub family: Family,
}

/// Which comparisons stand together, so that one false finding among them is one too many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// All that are made at once, as in a table: every system on every measure.
    #[default]
    Table,
    /// Every system on one measure, where one measure alone was meant to decide.
    Measure,
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
    /// The 95 % [bootstrap interval](Bootstrap::difference_interval) of `delta`, low and high; `None` (in JSON `null`)
    /// where the systems differ on too few queries to state one.
    pub ci95: Option<[f64; 2]>,
    /// The two-sided p-value of the randomisation test.
    pub p: f64,
    /// `p` after Holm's correction over the [`Family`].
    pub p_holm: f64,
}

impl Comparison {
    /// Whether the difference may be called one, at 95 %: the interval is stated and without 0, and `p_holm` below 0.05.
    pub fn is_significant(&self) -> bool {
        is_significant(self.ci95, self.p_holm)
    }
}

/// Whether a difference may be called one, at 95 %: its interval is stated and without 0, and its p-value, corrected for
/// all that stand beside it ([`holm`]), below 0.05.
///
/// ```
/// use ess_metrics::is_significant;
///
/// assert!(is_significant(Some([0.01, 0.2]), 0.03));
/// assert!(!is_significant(Some([0.01, 0.2]), 0.06) && !is_significant(None, 0.03));
/// ```
pub fn is_significant(ci95: Option<[f64; 2]>, p_holm: f64) -> bool {
    p_holm < 0.05 && ci95.is_some_and(|[low, high]| low > 0.0 || high < 0.0)
}

/// Compares systems with a baseline on every measure of the baseline whose value is a mean over queries: measure
/// by measure, and in each system by system. Counts and geometric means are left out.
///
/// All must have been evaluated on the same queries. Holm's correction is over all that are compared, or over the systems
/// of each measure ([`Significance::family`]); use [`holm`] for another family of comparisons.
///
/// ```
/// use ess_metrics::{Evaluator, RowQrels, Significance, compare};
///
/// let qrels = RowQrels::new((0..16).map(|_| [(0, 1)]))?;
/// let evaluator = Evaluator::from_names(["mrr@10"])?;
/// let frozen = evaluator.evaluate_rows(&qrels, (0..16).map(|_| [1, 0]))?;
/// // Half of the queries find their item first now, and the others as before.
/// let trained = evaluator.evaluate_rows(&qrels, (0..16).map(|query| if query < 8 { [0, 1] } else { [1, 0] }))?;
/// let rows = compare(("frozen", &frozen), &[("trained", &trained)], &Significance::default())?;
/// assert_eq!((rows[0].delta, rows[0].p), (0.25, 2.0 / 256.0));
/// assert!(rows[0].ci95.is_some_and(|[low, high]| low > 0.0 && high > 0.25) && rows[0].is_significant());
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
    }
    let together = match significance.family {
        Family::Table => rows.len(),
        Family::Measure => systems.len(),
    };
    for rows in rows.chunks_mut(together.max(1)) {
        let p_values: Vec<f64> = rows.iter().map(|row| row.p).collect();
        for (row, p_holm) in rows.iter_mut().zip(holm(&p_values)?) {
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
    use crate::evaluator::Evaluator;
    use crate::row_qrels::RowQrels;

    fn mrr(rankings: &[[usize; 3]]) -> Evaluation<usize> {
        let qrels = RowQrels::new(rankings.iter().map(|_| [(0, 1)])).unwrap();
        let rankings = rankings.iter().copied();
        Evaluator::from_names(["mrr", "success@2"]).unwrap().evaluate_rows(&qrels, rankings).unwrap()
    }

    #[test]
    fn rows_come_by_measure_then_system_and_are_corrected_within_their_family() {
        let frozen = mrr(&[[1, 0, 2]; 6]);
        let (better, same) = (mrr(&[[0, 1, 2]; 6]), mrr(&[[1, 0, 2]; 6]));
        let systems = [("better", &better), ("same", &same)];
        let found = |family| {
            let significance = Significance { family, ..Significance::default() };
            let rows = compare(("frozen", &frozen), &systems, &significance).unwrap();
            rows.into_iter().map(|row| (row.measure, row.system, row.p, row.p_holm)).collect::<Vec<_>>()
        };
        let p = 2.0 / 64.0;
        let expected = |times: f64| {
            [
                ("mrr", "better", p, times * p),
                ("mrr", "same", 1.0, 1.0),
                ("success@2", "better", 1.0, 1.0),
                ("success@2", "same", 1.0, 1.0),
            ]
            .map(|(measure, system, p, p_holm)| (measure.to_owned(), system.to_owned(), p, p_holm))
        };
        assert_eq!(found(Family::Measure), expected(2.0));
        assert_eq!(found(Family::default()), expected(4.0));
        let rows = compare(("frozen", &frozen), &systems, &Significance::default()).unwrap();
        assert_eq!(rows.iter().map(|row| row.delta).collect::<Vec<_>>(), [0.5, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn too_few_queries_have_no_interval_and_are_never_significant() {
        let ranked = |better: usize, all: usize| {
            let rankings = (0..all).map(|query| if query < better { [0, 1, 2] } else { [1, 0, 2] });
            mrr(&rankings.collect::<Vec<_>>())
        };
        let row = |better, all| {
            let systems = ranked(better, all);
            let significance = Significance { family: Family::Measure, ..Significance::default() };
            compare(("frozen", &ranked(0, all)), &[("better", &systems)], &significance).unwrap().remove(0)
        };
        for (better, all) in [(3, 3), (5, 20), (5, 500)] {
            let row = row(better, all);
            assert!(row.delta > 0.0 && row.ci95.is_none() && !row.is_significant(), "{row:?}");
            assert_eq!(serde_json::to_value(&row).unwrap()["ci95"], serde_json::Value::Null);
        }
        assert!(row(8, 40).is_significant(), "{:?}", row(8, 40));
    }

    #[test]
    fn what_lies_on_an_end_is_not_significant() {
        assert!(is_significant(Some([0.01, 0.2]), 0.049) && is_significant(Some([-0.2, -0.01]), 0.0));
        assert!(!is_significant(Some([0.01, 0.2]), 0.05));
        assert!(!is_significant(Some([0.0, 0.2]), 0.01) && !is_significant(Some([-0.2, 0.0]), 0.01));
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
