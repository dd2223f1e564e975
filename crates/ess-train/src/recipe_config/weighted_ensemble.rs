//! An ensemble of recipes with learned weights, as data.

use burn::tensor::Device;
use ess_core::Embeddings;
use ess_search::{AnyModule, Averaging, WeightedEnsemble};
use serde::{Deserialize, Serialize};

use super::{
    config::RecipeConfig, context::RecipeContext, ensemble::EnsembleSettings, kind::RecipeKind, one_module,
    parts,
};
use crate::{
    error::Error,
    recipe::{copies, definition::Recipe, weighted_ensemble::WeightedEnsembleRecipe},
};

/// An ensemble of recipes with learned weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WeightedEnsembleSettings {
    /// The members. Default: those of [`EnsembleSettings`].
    pub members: Vec<RecipeConfig>,
    /// How the members are averaged. Default: after normalisation.
    pub averaging: Averaging,
    /// Whether members and weights are trained together, as one module, instead of one after another. Default: false.
    pub jointly: bool,
}

impl Default for WeightedEnsembleSettings {
    fn default() -> Self {
        let EnsembleSettings { members, averaging, .. } = EnsembleSettings::default();
        Self { members, averaging, jointly: false }
    }
}

impl RecipeKind for WeightedEnsembleSettings {
    const KIND: &'static str = "weighted_ensemble";

    fn build(&self, context: &RecipeContext) -> Result<Box<dyn Recipe>, Error> {
        if self.jointly {
            return Ok(Box::new(one_module::from_untrained(self, context)?));
        }
        let mut recipe = WeightedEnsembleRecipe::new(self.averaging);
        for (at, member) in self.members.iter().enumerate() {
            recipe = recipe.with(format!("{} {at}", member.kind()), member.build_in(context)?);
        }
        Ok(Box::new(recipe))
    }

    fn untrained(&self, context: &RecipeContext, device: &Device) -> Result<AnyModule, Error> {
        if !self.jointly {
            return Err(Error::NotOneModule { kind: Self::KIND });
        }
        refuse_copies(&self.members, context)?;
        let members = parts::numbered(&self.members, context, device)?;
        Ok(AnyModule::new(WeightedEnsemble::new(members, self.averaging, device)?)?)
    }
}

/// Refuses members that would learn the same side by side: each step shows them the same queries.
fn refuse_copies(members: &[RecipeConfig], context: &RecipeContext) -> Result<(), Error> {
    let query = Embeddings::from_vec(vec![1.0; context.query_dim], context.query_dim)?;
    let start = |member: (usize, &RecipeConfig)| {
        let context = parts::reseeded(members, member, context);
        copies::start(member.1.untrained(&context, &Device::flex())?, &query)
    };
    copies::refuse(&members.iter().enumerate().map(start).collect::<Result<Vec<_>, _>>()?)
}
