//! A learned weight as it is read from a file.

use ess_core::Error;
use serde::Deserialize;

use super::config::WeightConfig;
use super::features::names;
use super::scale::FeatureScale;
use crate::fusion::Combination;

/// A weight as it is read, before it is checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SavedWeight {
    pub(super) config: WeightConfig,
    pub(super) combination: Combination,
    pub(super) scale: FeatureScale,
    pub(super) bias: f64,
    pub(super) coefficients: Vec<f64>,
}

impl SavedWeight {
    /// Refuses settings outside their range, lists of other lengths than the settings ask for, and values that are not finite.
    pub(super) fn check(&self) -> Result<(), Error> {
        let Self { config, combination, scale, bias, coefficients } = self;
        config.check()?;
        check_combination(*combination)?;
        let single = names(config.scores, config.encoding).len();
        let expected = if config.encoding { coefficients.len().max(single + 1) } else { single };
        for (what, found) in [
            ("coefficients of a learned weight", coefficients.len()),
            ("means of a learned weight's features", scale.means.len()),
            ("factors of a learned weight's features", scale.factors.len()),
        ] {
            if found != expected {
                return Err(Error::LengthMismatch { what, expected, found });
            }
        }
        if scale.single != single {
            let what = "single features of a learned weight";
            return Err(Error::LengthMismatch { what, expected: single, found: scale.single });
        }
        let scales = scale.means.iter().chain(&scale.factors).map(|number| f64::from(*number));
        if let Some(number) =
            scales.chain(coefficients.iter().copied()).chain([*bias]).find(|x| !x.is_finite())
        {
            let (name, expected) = ("number of a learned weight", "a finite number");
            return Err(Error::InvalidParameter { name, expected, found: number.to_string() });
        }
        Ok(())
    }
}

/// Refuses a combination without a weight.
pub(super) fn check_combination(combination: Combination) -> Result<(), Error> {
    let (name, expected) = ("combination of a learned weight", "one with a weight");
    let weight =
        combination.weight().ok_or(Error::InvalidParameter { name, expected, found: "sum".into() })?;
    combination.with_weight(weight.clamp(0.0, 1.0)).check()
}
