//! The settings of the recipe.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use ess_encoders::{PairTrainingConfig, TextTrainingConfig, Towers};
use ess_train::{ListwiseKl, LossConfig};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    rerank::thresholds::Thresholds,
    settings::written::{from_object, written_text},
};

/// How the recipe is run. In a file, a training's settings that are not named are those of the default here, not those of
/// `ess train-encoder`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RocketQaSettings {
    /// Step `two-towers`. Default: two towers, 512 queries a step, no mined negatives.
    pub(super) two_towers: TextTrainingConfig,
    /// How many of a query's first items are mined, read by the cross-encoder, and become negatives. Default: 100.
    pub(super) depth: usize,
    /// Step `cross-encoder`. Its `max_tokens` cuts the pairs that are scored too, by a cross-encoder that was trained elsewhere as well.
    /// Default: as `ess train-cross-encoder` has it.
    pub(super) cross_encoder: PairTrainingConfig,
    /// The greatest probability (the sigmoid of the cross-encoder's score) of a mined item that is a negative: in step
    /// `denoised` of training queries, in `augmented` of those without judgements too. Default: .1, as in the paper.
    pub(super) irrelevant_to: f64,
    /// The minimum probability of an item that is relevant to a query without judgements. Default: .9, as in the paper.
    pub(super) relevant_from: f64,
    /// Step `denoised`. Default: two towers, 512 queries a step, 4 negatives of each.
    pub(super) denoised: TextTrainingConfig,
    /// Step `augmented`. Default: as `denoised`.
    pub(super) augmented: TextTrainingConfig,
    /// Step `distilled`. Default: two towers, 32 queries a step, 15 items beside a relevant one, and the divergence from the softmax
    /// of the cross-encoder's scores.
    pub(super) distilled: TextTrainingConfig,
    /// Keeps what was trained even where dev does not show that it is better than the model before. Default: no.
    pub(super) unguarded: bool,
    /// The seed by which dev is cut; each training has its own. Default: 0.
    pub(super) seed: u64,
}

impl Default for RocketQaSettings {
    fn default() -> Self {
        let towers = Towers::Two;
        let large = TextTrainingConfig { towers, batch_size: 512, ..TextTrainingConfig::default() };
        let with_negatives = TextTrainingConfig { negatives_per_query: 4, ..large.clone() };
        let loss = LossConfig::of(ListwiseKl { scale: 20.0, ..ListwiseKl::default() });
        let batch_size = TextTrainingConfig::default().batch_size;
        Self {
            two_towers: TextTrainingConfig { negatives_per_query: 0, ..large.clone() },
            depth: 100,
            cross_encoder: PairTrainingConfig::default(),
            irrelevant_to: 0.1,
            relevant_from: 0.9,
            denoised: with_negatives.clone(),
            augmented: with_negatives,
            distilled: TextTrainingConfig { loss, negatives_per_query: 15, batch_size, ..large },
            unguarded: false,
            seed: 0,
        }
    }
}

impl RocketQaSettings {
    /// The default with what a JSON file says in its place.
    ///
    /// # Errors
    /// When it cannot be read, or has a field that there is not.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let about = || format!("{}: not the settings of the recipe", path.display());
        let text = written_text(path).with_context(about)?;
        Self::parse(&text).with_context(about)
    }

    fn parse(text: &str) -> Result<Self> {
        // What is wrong is said by its line, before it is put over the default.
        from_object::<Self>(text)?;
        let given: Map<String, Value> = serde_json::from_str(text)?;
        let mut whole = serde_json::to_value(Self::default())?;
        for (name, value) in given {
            match (&mut whole[&name], value) {
                (Value::Object(training), Value::Object(given)) => training.extend(given),
                (setting, value) => *setting = value,
            }
        }
        Ok(serde_json::from_value(whole)?)
    }

    /// Sets the seed of everything.
    pub(super) fn seed_all(&mut self, seed: u64) {
        self.seed = seed;
        self.cross_encoder.seed = seed;
        for training in [&mut self.two_towers, &mut self.denoised, &mut self.augmented, &mut self.distilled] {
            training.seed = seed;
        }
    }

    /// From which probabilities on a score of the cross-encoder is believed.
    pub(super) fn thresholds(&self) -> Thresholds {
        Thresholds { relevant_from: self.relevant_from, irrelevant_to: self.irrelevant_to }
    }

    /// Refuses settings outside their range, by name.
    ///
    /// # Errors
    /// Naming the setting, and the step that it is of.
    pub(super) fn check(&self) -> Result<()> {
        ensure!(self.depth > 0, "depth: expected at least 1, found 0");
        ensure!(
            self.thresholds().are_apart(),
            "irrelevant_to {}, relevant_from {}: expected probabilities, the first below the second",
            self.irrelevant_to,
            self.relevant_from
        );
        for (name, training) in [
            ("two_towers", &self.two_towers),
            ("denoised", &self.denoised),
            ("augmented", &self.augmented),
            ("distilled", &self.distilled),
        ] {
            training.check().with_context(|| name)?;
            let needs = training.loss.build().map_err(anyhow::Error::from).with_context(|| name)?.needs();
            ensure!(
                name == "distilled" || !needs.teacher,
                "{name}: the loss learns a teacher's scores, which only distilled has"
            );
        }
        self.cross_encoder.check().context("cross_encoder")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_valid_and_goes_through_a_file() {
        let default = RocketQaSettings::default();
        default.check().unwrap();
        let text = serde_json::to_string(&default).unwrap();
        assert_eq!(RocketQaSettings::parse(&text).unwrap(), default);
        assert_eq!(RocketQaSettings::parse("{}").unwrap(), default);
    }

    #[test]
    fn what_a_file_does_not_name_is_the_recipe_s_default() {
        let text = r#"{"two_towers": {"max_steps": 7}, "cross_encoder": {"loss": "listwise"}, "depth": 20}"#;
        let found = RocketQaSettings::parse(text).unwrap();
        let default = RocketQaSettings::default();
        let expected = RocketQaSettings {
            two_towers: TextTrainingConfig { max_steps: 7, ..default.two_towers.clone() },
            cross_encoder: PairTrainingConfig {
                loss: ess_encoders::PairLoss::Listwise,
                ..default.cross_encoder.clone()
            },
            depth: 20,
            ..default
        };
        assert_eq!(found, expected);
        assert_eq!((found.two_towers.towers, found.two_towers.batch_size), (Towers::Two, 512));
    }

    #[test]
    fn one_seed_is_that_of_every_training() {
        let mut settings = RocketQaSettings::default();
        settings.seed_all(7);
        let RocketQaSettings { two_towers, denoised, augmented, distilled, .. } = &settings;
        assert!([two_towers, denoised, augmented, distilled].iter().all(|training| training.seed == 7));
        assert_eq!((settings.seed, settings.cross_encoder.seed), (7, 7));
    }

    #[test]
    fn wrong_settings_are_refused_by_name() {
        for (text, name) in [
            (r#"{"two_tower": {}}"#, "two_tower"),
            (r#"{"denoised": {"max_step": 1}}"#, "max_step"),
            (r#"{"depth": "many"}"#, "many"),
            ("[]", "a JSON object"),
        ] {
            let error = format!("{:#}", RocketQaSettings::parse(text).unwrap_err());
            assert!(error.contains(name), "{name} is not in {error}");
        }
        for (text, name) in [
            (r#"{"depth": 0}"#, "depth"),
            (r#"{"irrelevant_to": 0.95}"#, "irrelevant_to"),
            (r#"{"augmented": {"batch_size": 0}}"#, "augmented"),
            (r#"{"cross_encoder": {"negatives_per_positive": 0}}"#, "cross_encoder"),
            (r#"{"denoised": {"loss": {"kind": "listwise_kl"}}}"#, "denoised"),
        ] {
            let settings = RocketQaSettings::parse(text).unwrap_or_else(|error| panic!("{text}: {error:#}"));
            let error = format!("{:#}", settings.check().unwrap_err());
            assert!(error.contains(name), "{name} is not in {error}");
        }
    }
}
