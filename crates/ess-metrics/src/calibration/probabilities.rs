//! Predicted probabilities beside outcomes, checked.

use crate::error::Error;

/// Probabilities as `f64`, one for each outcome, all from 0 to 1.
pub(super) fn checked_probabilities<P: Copy + Into<f64>>(
    probabilities: &[P],
    relevant: &[bool],
) -> Result<Vec<f64>, Error> {
    if probabilities.len() != relevant.len() {
        return Err(Error::LengthMismatch {
            what: "outcomes, one for each probability",
            expected: probabilities.len(),
            found: relevant.len(),
        });
    }
    if probabilities.is_empty() {
        return Err(Error::Empty { what: "probabilities" });
    }
    let probabilities: Vec<f64> = probabilities.iter().map(|&p| p.into()).collect();
    match probabilities.iter().find(|p| !(0.0..=1.0).contains(*p)) {
        Some(found) => Err(Error::InvalidParameter {
            name: "probability",
            expected: "a number from 0 to 1",
            found: found.to_string(),
        }),
        None => Ok(probabilities),
    }
}
