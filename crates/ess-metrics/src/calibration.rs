//! Calibration: fits from scores to probabilities, and measures of predicted probabilities.

mod brier;
mod isotonic;
mod logistic;
mod method;
mod reliability;
mod sample;

pub use brier::brier_score;
pub use isotonic::Isotonic;
pub use logistic::Logistic;
pub use method::{Calibration, Calibrator};
pub use reliability::{Binning, ReliabilityBin, ReliabilityDiagram};

use crate::error::Error;

/// The predictions as `f64`, after they are checked.
fn checked<P: Copy + Into<f64>>(probabilities: &[P], relevant: &[bool]) -> Result<Vec<f64>, Error> {
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
