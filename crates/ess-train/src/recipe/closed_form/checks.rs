//! What the settings of fits must hold.

use crate::error::Error;

/// Refuses an empty list and values that `holds` is not true of.
pub(super) fn check_list(
    name: &'static str,
    values: &[f64],
    expected: &'static str,
    holds: impl Fn(f64) -> bool,
) -> Result<(), Error> {
    match values.iter().find(|&&value| !(value.is_finite() && holds(value))) {
        Some(found) => Err(Error::Config { name, expected, found: found.to_string() }),
        None if values.is_empty() => Err(Error::Config { name, expected, found: "an empty list".to_owned() }),
        None => Ok(()),
    }
}

/// Refuses shares that are none: above 0, since 0 is the identity, which is the guard's business.
pub(super) fn check_shares(shares: &[f64]) -> Result<(), Error> {
    check_list("shares", shares, "numbers above 0", |share| share > 0.0)
}

pub(super) fn check_regularisation(values: &[f64], least: f64) -> Result<(), Error> {
    let expected = if least > 0.0 { "numbers above 0" } else { "numbers of at least 0" };
    check_list("regularisation", values, expected, |value| value > 0.0 || value >= least)
}
