//! Searching modules written outside the workspace of ESS: a rotation, learned as one angle for each pair of
//! dimensions, and one that looks at tokens. Beside them a loss, a measure and a feature of automatic choice, each called by name; and a
//! search task that such a rotation solves.

mod first_two;
mod pair_norms;
mod pair_rotation;
mod pull;
mod rotated_task;
mod token_mean;

pub use first_two::FirstTwo;
pub use pair_norms::PairNorms;
pub use pair_rotation::{PairRotation, PairRotationConfig};
pub use pull::Pull;
pub use rotated_task::RotatedTask;
pub use token_mean::{TokenMean, TokenMeanConfig};

/// Makes the kinds of this crate known by their names, wherever ESS's own are: in settings, in automatic choice and behind the
/// flags of `ess` (`src/bin/ess-with-rotation.rs`).
///
/// # Errors
/// For names that other kinds have.
pub fn register() -> Result<(), ess_kit::auto::Error> {
    ess_kit::train::register_module::<PairRotation>()?;
    ess_kit::train::register_token_module::<TokenMean>()?;
    ess_kit::train::register_loss::<Pull>()?;
    ess_kit::metrics::register_measure::<FirstTwo>().map_err(ess_kit::train::Error::from)?;
    ess_kit::auto::register_feature(PairNorms)
}
