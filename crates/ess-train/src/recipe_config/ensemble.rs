//! An ensemble of recipes, as data.

use ess_core::{Encoding, TokenStates};
use ess_search::{Averaging, KeyValueMemory, KeyValueMemoryConfig, Mlp, MlpConfig};
use serde::{Deserialize, Serialize};

use super::{config::RecipeConfig, context::RecipeContext, kind::RecipeKind};
use crate::{
    error::Error,
    recipe::{definition::Recipe, ensemble::EnsembleRecipe},
};

/// An ensemble of recipes, averaged as they are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EnsembleSettings {
    /// The members. Default: a linear module, an MLP and a key–value memory. Members of different kinds make errors on
    /// different queries, so their mean is better than that of several MLPs.
    pub members: Vec<RecipeConfig>,
    /// How the members are averaged. Default: after normalisation.
    pub averaging: Averaging,
    /// Whether each member sees its own draw of the queries, with replacement. Default: false.
    pub bagged: bool,
}

impl Default for EnsembleSettings {
    fn default() -> Self {
        let members = vec![
            RecipeConfig::default(),
            RecipeConfig::module::<Mlp>(MlpConfig::default()),
            RecipeConfig::module::<KeyValueMemory>(KeyValueMemoryConfig::default()),
        ];
        Self { members, averaging: Averaging::default(), bagged: false }
    }
}

impl EnsembleSettings {
    fn of<E: Encoding + 'static>(
        &self,
        build: impl Fn(&RecipeConfig) -> Result<Box<dyn Recipe<E>>, Error>,
    ) -> Result<Box<dyn Recipe<E>>, Error> {
        let mut recipe = EnsembleRecipe::new(self.averaging).bagged(self.bagged);
        for member in &self.members {
            member.check_inner_product(Self::KIND)?;
            recipe = recipe.with(build(member)?);
        }
        Ok(Box::new(recipe))
    }
}

impl RecipeKind for EnsembleSettings {
    const KIND: &'static str = "ensemble";

    fn build(&self, context: &RecipeContext) -> Result<Box<dyn Recipe>, Error> {
        self.of(|member| member.build_in(context))
    }

    fn build_for_tokens(&self, context: &RecipeContext) -> Result<Box<dyn Recipe<TokenStates>>, Error> {
        self.of(|member| member.build_for_tokens_in(context))
    }

    fn reads_token_states(&self) -> bool {
        self.members.iter().any(RecipeConfig::reads_token_states)
    }
}
