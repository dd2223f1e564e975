//! A mixture of experts, as data.

use burn::tensor::Device;
use ess_search::{AnyModule, MixtureOfExperts};
use serde::{Deserialize, Serialize};

use super::{config::RecipeConfig, context::RecipeContext, kind::RecipeKind, one_module, parts};
use crate::{error::Error, recipe::definition::Recipe};

/// Experts among which each query chooses, the identity beside them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MixtureSettings {
    /// The experts. Default: two linear modules.
    pub experts: Vec<RecipeConfig>,
    /// Added to the trainer's seed for the gate. Default: 0.
    pub seed: u64,
}

impl Default for MixtureSettings {
    fn default() -> Self {
        Self { experts: vec![RecipeConfig::default(), RecipeConfig::default()], seed: 0 }
    }
}

impl RecipeKind for MixtureSettings {
    const KIND: &'static str = "mixture_of_experts";

    fn build(&self, context: &RecipeContext) -> Result<Box<dyn Recipe>, Error> {
        Ok(Box::new(one_module::from_untrained(self, context)?))
    }

    fn untrained(&self, context: &RecipeContext, device: &Device) -> Result<AnyModule, Error> {
        let experts = parts::numbered(&self.experts, context, device)?;
        let seed = self.seed.wrapping_add(context.seed);
        Ok(AnyModule::new(MixtureOfExperts::new(experts, seed, device)?)?)
    }
}
