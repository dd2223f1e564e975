//! Calibration: fits from scores to probabilities, and measures of predicted probabilities.

mod brier;
mod isotonic;
mod logistic;
mod method;
mod newton;
mod probabilities;
mod reliability;
mod sample;

pub use brier::brier_score;
pub use isotonic::Isotonic;
pub use logistic::Logistic;
pub use method::{Calibration, Calibrator};
pub use reliability::{Binning, ReliabilityBin, ReliabilityDiagram};
