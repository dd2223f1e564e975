//! How sure a mean, or a difference between two systems, is.

mod bootstrap;
mod comparison;
mod holm;
mod randomization;

pub use bootstrap::Bootstrap;
pub use comparison::{Comparison, Significance, compare};
pub use holm::holm;
pub use randomization::RandomizationTest;

use crate::Error;

/// The largest number of resamples or permutations that a setting may ask for.
const MAX_REPEATS: usize = 10_000_000;

fn check_repeats(name: &'static str, repeats: usize) -> Result<(), Error> {
    if (1..=MAX_REPEATS).contains(&repeats) {
        return Ok(());
    }
    Err(Error::InvalidParameter { name, expected: "between 1 and 10 million", found: repeats.to_string() })
}

fn check_values(what: &'static str, values: &[f64]) -> Result<(), Error> {
    if values.is_empty() {
        return Err(Error::Empty { what });
    }
    match values.iter().position(|value| !value.is_finite()) {
        Some(position) => Err(Error::NonFinite { what: what.to_owned(), position, value: values[position] }),
        None => Ok(()),
    }
}

/// `system − baseline`, query by query.
fn differences(baseline: &[f64], system: &[f64]) -> Result<Vec<f64>, Error> {
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
