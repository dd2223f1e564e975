//! A soup, as data.

use ess_core::TokenStates;
use serde::{Deserialize, Serialize};

use super::{
    config::RecipeConfig, context::RecipeContext, kind::RecipeKind, training_memory::TrainingMemorySettings,
};
use crate::{
    error::Error,
    recipe::{definition::Recipe, soup::SoupRecipe},
};

/// Several runs of one recipe, their weights averaged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SoupSettings {
    /// The recipe of all runs. Default: a linear module.
    pub of: Box<RecipeConfig>,
    /// The number of runs, between 1 and 1000. Default: 4.
    pub runs: usize,
    /// Whether each run sees its own draw of the queries, with replacement. Default: true.
    pub bagged: bool,
}

impl Default for SoupSettings {
    fn default() -> Self {
        Self { of: Box::default(), runs: 4, bagged: true }
    }
}

impl RecipeKind for SoupSettings {
    const KIND: &'static str = "soup";

    fn build(&self, context: &RecipeContext) -> Result<Box<dyn Recipe>, Error> {
        if self.bagged && self.of.kind() == TrainingMemorySettings::KIND {
            return Err(Error::Config {
                name: "what a bagged soup is of",
                expected: "a kind whose runs can be averaged",
                found: format!("{}: each run would remember other queries", self.of.kind()),
            });
        }
        Ok(Box::new(SoupRecipe::new(self.of.build_in(context)?, self.runs)?.bagged(self.bagged)))
    }

    fn build_for_tokens(&self, context: &RecipeContext) -> Result<Box<dyn Recipe<TokenStates>>, Error> {
        Ok(Box::new(SoupRecipe::new(self.of.build_for_tokens_in(context)?, self.runs)?.bagged(self.bagged)))
    }

    fn reads_token_states(&self) -> bool {
        self.of.reads_token_states()
    }

    fn has_scoring(&self) -> bool {
        self.of.has_scoring()
    }
}
