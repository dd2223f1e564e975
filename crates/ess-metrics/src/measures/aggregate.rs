//! From the values of the queries to one.

use serde::{Deserialize, Serialize};

/// How the values of the queries become one value for a system.
///
/// ```
/// use ess_metrics::Aggregate;
///
/// assert_eq!(Aggregate::Mean.of(&[0.25, 1.0]), 0.625);
/// assert_eq!(Aggregate::Sum.of(&[3.0, 4.0]), 7.0);
/// assert!((Aggregate::GeometricMean.of(&[0.25, 1.0]) - 0.5).abs() < 1e-12);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Aggregate {
    /// The arithmetic mean. The default.
    #[default]
    Mean,
    /// The sum: how trec_eval counts what was retrieved.
    Sum,
    /// The geometric mean, in which values below 0.00001 count as 0.00001, as in trec_eval: one query that fails
    /// lowers it much. Robertson, "On GMAP and other transformations", CIKM 2006.
    GeometricMean,
}

const MIN_OF_GEOMETRIC_MEANS: f64 = 0.000_01;

impl Aggregate {
    /// One value of one or more. NaN for none, unless they are summed.
    pub fn of(self, values: &[f64]) -> f64 {
        let mean = |values: f64, count: usize| values / count as f64;
        match self {
            Self::Mean => mean(values.iter().sum(), values.len()),
            Self::Sum => values.iter().sum::<f64>() + 0.0,
            Self::GeometricMean => {
                let logarithms = values.iter().map(|value| value.max(MIN_OF_GEOMETRIC_MEANS).ln());
                mean(logarithms.sum(), values.len()).exp()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_that_fails_counts_as_little_as_in_trec_eval() {
        let both = Aggregate::GeometricMean.of(&[0.0, 1.0]);
        assert!((both - 0.000_01_f64.sqrt()).abs() < 1e-12, "{both}");
        assert!((Aggregate::GeometricMean.of(&[0.0001]) - 0.0001).abs() < 1e-12);
    }

    #[test]
    fn the_sum_of_nothing_is_printed_without_a_sign() {
        assert_eq!(Aggregate::Sum.of(&[]).to_string(), "0");
        assert!(Aggregate::Mean.of(&[]).is_nan());
    }
}
