//! The interval of a mean over queries.

use ess_metrics::{Bootstrap, Error};

/// The 95 % interval of the mean of these values of a measure. Values beyond 0 to 1 have none where they are too few or too
/// alike.
pub(crate) fn mean_interval(bootstrap: &Bootstrap, values: &[f64]) -> Result<Option<[f64; 2]>, Error> {
    match values.iter().all(|value| (0.0..=1.0).contains(value)) {
        true => Ok(Some(bootstrap.interval_within(values, [0.0, 1.0], 0.95)?)),
        false => bootstrap.interval(values, 0.95),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_always_have_an_interval_and_other_values_where_they_tell_something() {
        let interval = |values: &[f64]| mean_interval(&Bootstrap::default(), values).unwrap();
        assert!(interval(&[0.5]).is_some_and(|[low, high]| 0.0 <= low && high <= 1.0));
        assert_eq!(interval(&[2.5]), None);
        let counts: Vec<f64> = (0..20).map(f64::from).collect();
        assert!(interval(&counts).is_some_and(|[low, high]| low < 9.5 && high > 9.5 && high > 1.0));
    }
}
