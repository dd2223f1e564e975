//! The interval of a mean over queries.

use ess_metrics::{Bootstrap, Error, NamedMeasure};

/// The 95 % interval of the mean of values from 0 to 1, such as reciprocal ranks.
pub(crate) fn mean_interval(bootstrap: &Bootstrap, values: &[f64]) -> Result<Option<[f64; 2]>, Error> {
    interval(bootstrap, Some([0.0, 1.0]), values)
}

/// The 95 % interval of the mean of these values of a measure. It ends where the measure does; one without ends has none where
/// its values are too few or too alike.
pub(crate) fn measure_interval(
    bootstrap: &Bootstrap,
    measure: NamedMeasure,
    values: &[f64],
) -> Result<Option<[f64; 2]>, Error> {
    interval(bootstrap, measure.range(), values)
}

/// A value outside the range, if only by rounding, shows that the mean may lie there too.
fn interval(
    bootstrap: &Bootstrap,
    range: Option<[f64; 2]>,
    values: &[f64],
) -> Result<Option<[f64; 2]>, Error> {
    let holds = |[least, most]: &[f64; 2]| values.iter().all(|value| (least..=most).contains(&value));
    match range.filter(holds) {
        Some(range) => Ok(Some(bootstrap.interval_within(values, range, 0.95)?)),
        None => bootstrap.interval(values, 0.95),
    }
}

#[cfg(test)]
mod tests {
    use std::fmt;

    use ess_metrics::{Cutoff, JudgedRanking, Measure, MeasureKind, register_measure};

    use super::*;

    /// The relevant items that were found; with a cutoff it says that there are no more than it.
    struct Found(Cutoff);

    impl fmt::Display for Found {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "found_of_a_test{}", self.0)
        }
    }

    impl Measure for Found {
        fn value(&self, ranking: &JudgedRanking) -> f64 {
            ranking.relevant_within(self.0).count() as f64
        }
    }

    impl MeasureKind for Found {
        const NAME: &'static str = "found_of_a_test";

        fn at(cutoff: Cutoff) -> Self {
            Self(cutoff)
        }

        fn range(&self) -> Option<[f64; 2]> {
            self.0.k().map(|k| [0.0, k as f64])
        }
    }

    fn interval_of(measure: &str, values: &[f64]) -> Option<[f64; 2]> {
        register_measure::<Found>().unwrap();
        measure_interval(&Bootstrap::default(), measure.parse().unwrap(), values).unwrap()
    }

    #[test]
    fn shares_always_have_an_interval_and_other_values_where_they_tell_something() {
        let interval = |values: &[f64]| mean_interval(&Bootstrap::default(), values).unwrap();
        assert!(interval(&[0.5]).is_some_and(|[low, high]| 0.0 <= low && high <= 1.0));
        assert_eq!(interval(&[2.5]), None);
        let counts: Vec<f64> = (0..20).map(f64::from).collect();
        assert!(interval(&counts).is_some_and(|[low, high]| low < 9.5 && high > 9.5 && high > 1.0));
    }

    #[test]
    fn the_interval_ends_where_the_measure_does_and_not_where_its_values_happen_to() {
        let values = [1.0, 1.0, 0.0, 1.0, 0.9, 0.5, 1.0, 0.25, 1.0, 0.75, 0.5, 1.0];
        let [_, high] = interval_of("ndcg@10", &values).unwrap();
        assert!(high < 1.0, "{high}");
        // The same values of what may be 7 say less of how high the mean may be.
        let [_, high] = interval_of("found_of_a_test@7", &values).unwrap();
        assert!(1.0 < high && high < 7.0, "{high}");
        assert_eq!(interval_of("found_of_a_test", &[1.0]), None);
        let [low, high] = interval_of("found_of_a_test", &values).unwrap();
        let free = Bootstrap::default().interval(&values, 0.95).unwrap().unwrap();
        assert_eq!([low, high], free);
        // Values beyond what a measure said are believed more than it.
        let beyond: Vec<f64> = (0..20).map(f64::from).collect();
        assert!(interval_of("found_of_a_test@7", &beyond).is_some_and(|[_, high]| high > 9.5));
    }
}
