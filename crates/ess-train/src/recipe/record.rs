//! What happened in training, for a refit to do the same again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    error::Error,
    trainer::{curve::Curve, definition::Trainer},
};

/// The training runs of a recipe and what it chose on dev: what a refit needs to know.
///
/// ```
/// use ess_train::TrainingRecord;
///
/// let record = TrainingRecord::of_settings([("ridge", 0.1)]);
/// assert_eq!(record.setting("ridge")?, 0.1);
/// assert!(record.setting("blend").is_err());
/// # Ok::<(), ess_train::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrainingRecord {
    /// The recipe's own training run, where it has one.
    pub curve: Option<Curve>,
    /// The settings that were chosen on dev, by name.
    pub settings: BTreeMap<String, f64>,
    /// The records of the recipes that it is made of, in their order.
    pub parts: Vec<TrainingRecord>,
}

impl TrainingRecord {
    /// The record of one training run.
    pub fn of_run(curve: Curve) -> Self {
        Self { curve: Some(curve), ..Self::default() }
    }

    /// The record of a fit that chose these settings on dev.
    pub fn of_settings<'a>(settings: impl IntoIterator<Item = (&'a str, f64)>) -> Self {
        let settings = settings.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Self { settings, ..Self::default() }
    }

    /// The curves of all training runs: its own, then those of its parts.
    pub fn curves(&self) -> Vec<Curve> {
        let parts = self.parts.iter().flat_map(Self::curves);
        self.curve.iter().cloned().chain(parts).collect()
    }

    /// The steps of a refit: those that its own run kept, times `growth`.
    pub(crate) fn steps(&self, trainer: &Trainer, growth: f64) -> usize {
        let kept = self.curve.as_ref().map_or(trainer.config().max_steps, |curve| curve.kept_step);
        (kept as f64 * growth).round() as usize
    }

    /// A setting that was chosen.
    ///
    /// # Errors
    /// [`Error::Record`] when there is none of that name.
    pub fn setting(&self, name: &str) -> Result<f64, Error> {
        self.settings.get(name).copied().ok_or_else(|| Error::Record { missing: format!("setting {name:?}") })
    }

    /// All settings that were chosen. Those of a part stand under its index, from 0, and a dot.
    pub fn all_settings(&self) -> BTreeMap<String, f64> {
        let mut settings = self.settings.clone();
        for (at, part) in self.parts.iter().enumerate() {
            let of_part = part.all_settings().into_iter();
            settings.extend(of_part.map(|(name, value)| (format!("{at}.{name}"), value)));
        }
        settings
    }

    /// The record of one part.
    ///
    /// # Errors
    /// [`Error::Record`] when there are not as many.
    pub fn part(&self, at: usize) -> Result<&Self, Error> {
        self.parts.get(at).ok_or_else(|| Error::Record { missing: format!("part {at}") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trainer::config::TrainerConfig;

    #[test]
    fn a_refit_takes_as_many_more_steps_rounded() {
        let trainer = Trainer::new(TrainerConfig::default()).unwrap();
        let curve = Curve { points: Vec::new(), kept_step: 3, mining: Vec::new(), seconds: 0.0 };
        let record = TrainingRecord::of_run(curve);
        assert_eq!((record.steps(&trainer, 1.5), record.steps(&trainer, 1.25)), (5, 4));
        assert_eq!(TrainingRecord::default().steps(&trainer, 2.0), 120);
    }
}
