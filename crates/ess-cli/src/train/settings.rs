//! The settings of a training run, from defaults, a file and flags.

use anyhow::Result;
use ess_train::RecipeConfig;

use crate::settings::run_config::RunConfig;

use super::arguments::Arguments;

/// The settings: defaults, then the file, then flags.
pub(super) fn of(arguments: &Arguments) -> Result<RunConfig> {
    let mut config = match &arguments.config {
        Some(path) => RunConfig::read(path)?,
        None => RunConfig::default(),
    };
    if let Some(kind) = &arguments.module {
        config.module = RecipeConfig::named(kind)?;
    }
    let trainer = &mut config.trainer;
    arguments.loss.apply(trainer)?;
    trainer.learning_rate = arguments.learning_rate.unwrap_or(trainer.learning_rate);
    if let Some(schedule) = &arguments.schedule {
        trainer.schedule = serde_json::from_value(schedule.as_str().into())?;
    }
    trainer.weight_decay = arguments.weight_decay.unwrap_or(trainer.weight_decay);
    trainer.batch_size = arguments.batch_size.unwrap_or(trainer.batch_size);
    trainer.max_steps = arguments.max_steps.unwrap_or(trainer.max_steps);
    trainer.seed = arguments.seed.unwrap_or(trainer.seed);
    trainer.refit |= arguments.refit;
    trainer.check()?;
    config.sides = arguments.sides.apply(config.sides)?;
    config.feedback = arguments.feedback.or(config.feedback);
    config.check_feedback()?;
    Ok(config)
}
