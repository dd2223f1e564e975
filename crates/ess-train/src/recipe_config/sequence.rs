//! A sequence of modules, as data.

use std::path::PathBuf;

use burn::tensor::Device;
use ess_search::{
    AnyModule, Diagonal, DiagonalConfig, ModuleState, Orthogonal, OrthogonalConfig, Part, Registry, Sequence,
    TrainableModule,
};
use serde::{Deserialize, Serialize};

use super::{config::RecipeConfig, context::RecipeContext, kind::RecipeKind, one_module};
use crate::{error::Error, recipe::definition::Recipe};

/// Named sub-operations, one after another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SequenceSettings {
    /// The parts. Default: a rotation, then a selection of dimensions.
    pub parts: Vec<SequencePart>,
}

impl Default for SequenceSettings {
    fn default() -> Self {
        let part = |name: &str, module| SequencePart {
            name: name.to_owned(),
            module: Some(module),
            from: None,
            part: None,
            frozen: false,
        };
        let rotation = RecipeConfig::module::<Orthogonal>(OrthogonalConfig::default());
        let selection = RecipeConfig::module::<Diagonal>(DiagonalConfig::default());
        Self { parts: vec![part("rotation", rotation), part("selection", selection)] }
    }
}

/// One part of a sequence: a new module, or one from a folder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SequencePart {
    /// Its name, of no other part.
    pub name: String,
    /// A new module; the first part reads queries, the others read what the part before them returns, and all return
    /// vectors of the items' dimension unless their own settings say otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub module: Option<RecipeConfig>,
    /// The folder of a trained module, instead of a new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<PathBuf>,
    /// The part of that module to take. Default: all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<String>,
    /// Whether training leaves it as it is. Default: false.
    #[serde(default)]
    pub frozen: bool,
}

impl RecipeKind for SequenceSettings {
    const KIND: &'static str = "sequence";

    fn build(&self, context: &RecipeContext) -> Result<Box<dyn Recipe>, Error> {
        Ok(Box::new(one_module::from_untrained(self, context)?))
    }

    fn untrained(&self, context: &RecipeContext, device: &Device) -> Result<AnyModule, Error> {
        let mut width = context.query_dim;
        let mut parts = Vec::with_capacity(self.parts.len());
        for part in &self.parts {
            let (built, dim) = part.build(&RecipeContext { query_dim: width, ..*context }, device)?;
            parts.push(built);
            width = dim;
        }
        Ok(AnyModule::new(Sequence::new(parts)?)?)
    }
}

impl SequencePart {
    /// The part, and the dimension of what it returns.
    fn build(&self, context: &RecipeContext, device: &Device) -> Result<(Part, usize), Error> {
        let module = match (&self.module, &self.from) {
            (Some(config), None) if self.part.is_none() => config.untrained(context, device)?,
            (None, Some(folder)) => {
                let state = ModuleState::load(folder)?;
                let state = self.part.as_ref().map_or(Ok(state.clone()), |name| state.part(name))?;
                Registry::default().trainable(&state, device)?
            }
            _ => {
                let (name, expected) = ("parts", "each with either a module or the folder of one");
                return Err(Error::Config { name, expected, found: format!("part {:?}", self.name) });
            }
        };
        let dim = module.item_dim();
        let part = Part::new(&*self.name, module)?;
        Ok((if self.frozen { part.frozen() } else { part }, dim))
    }
}
