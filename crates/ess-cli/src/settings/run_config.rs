//! Everything that a training run depends on beside its data, as one file.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use ess_train::{RecipeConfig, SidesConfig, TrainerConfig};
use serde::{Deserialize, Serialize};

use super::{
    attached::{read_settings, settings_of},
    written::from_object,
};

/// What is trained, and how.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct RunConfig {
    /// What is trained. Default: a linear module.
    pub(crate) module: RecipeConfig,
    /// How it is trained.
    pub(crate) trainer: TrainerConfig,
    /// What happens to the items. Default: they stay frozen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sides: Option<SidesConfig>,
    /// Trained feedback: how many items of a first pass a module that reads token states reads beside the query, in the
    /// place of tokens. Default: it reads tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) feedback: Option<usize>,
}

impl RunConfig {
    /// Reads a file of both parts, or of a trainer's settings alone; of a folder with a module, the settings of its run.
    ///
    /// # Errors
    /// When the file cannot be read, is malformed, or has a setting that is unknown or outside its range.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        Self::parse_of(&read_settings(path)?, path)
    }

    /// The settings of the run that made the module in a folder; `None` where nothing says so.
    ///
    /// # Errors
    /// When they are damaged, and those of [`RunConfig::read`].
    pub(crate) fn of_module(folder: &Path) -> Result<Option<Self>> {
        settings_of(folder)?.map(|text| Self::parse_of(&text, folder)).transpose()
    }

    fn parse_of(text: &str, path: &Path) -> Result<Self> {
        Self::parse(text).with_context(|| format!("{}: not the settings of a training run", path.display()))
    }

    fn parse(text: &str) -> Result<Self> {
        let json: serde_json::Value = from_object(text)?;
        let whole = ["module", "trainer", "sides", "feedback"].iter().any(|part| json.get(part).is_some());
        // Read again from the text, so that errors name the line.
        let config = match whole {
            true => serde_json::from_str(text)?,
            false => Self { trainer: serde_json::from_str(text)?, ..Self::default() },
        };
        config.trainer.check()?;
        config.sides.iter().try_for_each(SidesConfig::check)?;
        config.check_feedback()?;
        Ok(config)
    }

    /// Refuses feedback to a module that does not read it, and from no item.
    ///
    /// # Errors
    /// When it is so.
    pub(crate) fn check_feedback(&self) -> Result<()> {
        let Some(depth) = self.feedback else {
            return Ok(());
        };
        ensure!(depth > 0, "feedback: expected at least 1 item, found 0");
        ensure!(
            self.module.reads_token_states(),
            "feedback: expected a kind of module that reads token states ({}), found {}",
            RecipeConfig::token_kinds().join(", "),
            self.module.kind()
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_parts_are_read_and_a_trainer_alone_as_well() {
        let whole = RunConfig::parse(r#"{"module": {"kind": "mlp"}, "trainer": {"seed": 3}}"#).unwrap();
        assert_eq!((whole.module.kind(), whole.trainer.seed), ("mlp", 3));
        let trainer = RunConfig::parse(r#"{"seed": 3}"#).unwrap();
        assert_eq!((trainer.module.kind(), trainer.trainer.seed), ("linear", 3));
        assert_eq!(RunConfig::parse("{}").unwrap(), RunConfig::default());
    }

    #[test]
    fn unknown_fields_are_refused_in_both_parts() {
        for text in [
            r#"{"module": {"kind": "mlp", "hiden": [4]}}"#,
            r#"{"trainer": {"sed": 3}}"#,
            r#"{"trainer": {}, "seed": 3}"#,
            r#"{"module": {"kind": "mpl"}}"#,
            r#"{"module": {"kind": "mlp"}, "feedback": 10}"#,
            r#"{"module": {"kind": "token_attention"}, "feedback": 0}"#,
            "[]",
        ] {
            assert!(RunConfig::parse(text).is_err(), "{text}");
        }
    }
}
