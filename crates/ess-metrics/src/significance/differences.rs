//! The values of two systems, query by query.

use crate::error::Error;

/// Refuses no values, and values that are not finite. `what` names them in the error.
pub(super) fn check_values(what: &'static str, values: &[f64]) -> Result<(), Error> {
    if values.is_empty() {
        return Err(Error::Empty { what });
    }
    match values.iter().position(|value| !value.is_finite()) {
        Some(position) => Err(Error::NonFinite { what: what.to_owned(), position, value: values[position] }),
        None => Ok(()),
    }
}

/// `system − baseline`, query by query.
pub(super) fn differences(baseline: &[f64], system: &[f64]) -> Result<Vec<f64>, Error> {
    if baseline.len() != system.len() {
        return Err(Error::LengthMismatch {
            what: "values of a system, one for each of the baseline's",
            expected: baseline.len(),
            found: system.len(),
        });
    }
    let differences: Vec<f64> =
        baseline.iter().zip(system).map(|(baseline, system)| system - baseline).collect();
    check_values("differences between two systems", &differences)?;
    Ok(differences)
}
