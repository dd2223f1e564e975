//! An interpolation with the identity, as data.

use ess_core::TokenStates;
use serde::{Deserialize, Serialize};

use super::{config::RecipeConfig, context::RecipeContext, kind::RecipeKind};
use crate::{
    error::Error,
    recipe::{definition::Recipe, interpolation::InterpolationRecipe},
};

/// A trained module, interpolated with the identity.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct InterpolationSettings {
    /// The recipe of the module. Default: a linear module.
    pub of: Box<RecipeConfig>,
    /// The weight of the module beside the identity, between 0 and 1. Default: the best on dev.
    pub weight: Option<f32>,
}

impl RecipeKind for InterpolationSettings {
    const KIND: &'static str = "interpolation";

    fn build(&self, context: &RecipeContext) -> Result<Box<dyn Recipe>, Error> {
        self.of.check_inner_product(Self::KIND)?;
        Ok(Box::new(InterpolationRecipe::new(self.of.build_in(context)?, self.weight)?))
    }

    fn build_for_tokens(&self, context: &RecipeContext) -> Result<Box<dyn Recipe<TokenStates>>, Error> {
        self.of.check_inner_product(Self::KIND)?;
        Ok(Box::new(InterpolationRecipe::new(self.of.build_for_tokens_in(context)?, self.weight)?))
    }

    fn reads_token_states(&self) -> bool {
        self.of.reads_token_states()
    }
}
