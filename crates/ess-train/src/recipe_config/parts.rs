//! Modules before training, as parts of another.

use burn::tensor::Device;
use ess_search::Part;

use super::{config::RecipeConfig, context::RecipeContext};
use crate::{error::Error, recipe::runs::apart};

/// Parts named by their kind and number. Equal ones start from different values: trained side by side from the same, they
/// would stay the same.
pub(super) fn numbered(
    configs: &[RecipeConfig],
    context: &RecipeContext,
    device: &Device,
) -> Result<Vec<Part>, Error> {
    let part = |(at, config): (usize, &RecipeConfig)| {
        let context = reseeded(configs, (at, config), context);
        Ok(Part::new(format!("{} {at}", config.kind()), config.untrained(&context, device)?)?)
    };
    configs.iter().enumerate().map(part).collect()
}

/// The context of a part, with a seed that differs from those of equal ones before it.
pub(super) fn reseeded(
    all: &[RecipeConfig],
    (at, config): (usize, &RecipeConfig),
    context: &RecipeContext,
) -> RecipeContext {
    let before = all[..at].iter().filter(|other| *other == config).count();
    RecipeContext { seed: context.seed.wrapping_add(apart(before as u64)), ..*context }
}
