//! Named searching modules, one after another.

use burn::{
    module::Module,
    tensor::{Device, Tensor},
};
use ess_core::Embeddings;
use serde::{Deserialize, Serialize};

use super::part::{Part, PartConfig, check_chain, check_parts, init_parts, reseeded};
use crate::{
    error::Error,
    module::{
        any_module::AnyModule, composite_module::CompositeModule, noise::Noise, registry::Registry,
        trainable::TrainableModule,
    },
    store::state::ModuleState,
};

/// The config of a [`Sequence`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SequenceConfig {
    /// The parts, in the order in which they are applied.
    pub parts: Vec<PartConfig>,
}

/// `z = fₖ(… f₂(f₁(q)))`: named sub-operations, one after another (appendix B.4 of the paper). Each part may be
/// trained, frozen, or transferred from another module.
///
/// The state of a part can be taken out by its name ([`ModuleState::part`]), saved, and put into another module
/// ([`Part::from_state`]). The sequence starts as the identity when all its parts do.
///
/// [`Part`] has an example.
#[derive(Module, Debug)]
pub struct Sequence {
    parts: Vec<AnyModule>,
    #[module(skip)]
    config: SequenceConfig,
}

impl Sequence {
    /// A sequence of these parts.
    ///
    /// # Errors
    /// [`Error::Config`] for no part, too many parts, or a name that is empty or not unique; [`Error::Core`] when the
    /// input dimension of a part is not the output dimension of the one before.
    pub fn new(parts: Vec<Part>) -> Result<Self, Error> {
        check_parts(Self::KIND, &parts)?;
        check_chain(&parts)?;
        let config = SequenceConfig { parts: parts.iter().map(Part::config).collect::<Result<_, _>>()? };
        Ok(Self { parts: parts.into_iter().map(Part::into_module).collect(), config })
    }
}

impl CompositeModule for Sequence {
    fn init_with(config: &SequenceConfig, registry: &Registry, device: &Device) -> Result<Self, Error> {
        Self::new(init_parts(&config.parts, registry, device)?)
    }
}

impl TrainableModule for Sequence {
    const KIND: &'static str = "sequence";
    type Config = SequenceConfig;
    type Encoding = Embeddings;

    fn init(config: &SequenceConfig, device: &Device) -> Result<Self, Error> {
        Self::init_with(config, &Registry::default(), device)
    }

    fn reseeded(config: &SequenceConfig, seed: u64) -> SequenceConfig {
        SequenceConfig { parts: reseeded(&config.parts, seed) }
    }

    fn config(&self) -> &SequenceConfig {
        &self.config
    }

    fn query_dim(&self) -> usize {
        self.parts[0].query_dim()
    }

    fn item_dim(&self) -> usize {
        self.parts[self.parts.len() - 1].item_dim()
    }

    fn forward(&self, queries: Tensor<2>) -> Tensor<2> {
        self.parts.iter().fold(queries, |queries, part| part.forward(queries))
    }

    fn noises(&self) -> Vec<&Noise> {
        self.parts.iter().flat_map(AnyModule::noises).collect()
    }

    fn penalty(&self) -> Option<Tensor<1>> {
        self.parts.iter().filter_map(AnyModule::penalty).reduce(|sum, penalty| sum + penalty)
    }
}

impl ModuleState {
    /// The state of a named part of a [`Sequence`], a [`WeightedEnsemble`](crate::WeightedEnsemble) or a
    /// [`MixtureOfExperts`](crate::MixtureOfExperts), as a module of its own.
    ///
    /// # Errors
    /// [`Error::NoPart`] when the module has no part of that name.
    pub fn part(&self, name: &str) -> Result<ModuleState, Error> {
        let configs = self.description.config.get("parts").cloned().unwrap_or_default();
        let parts: Vec<PartConfig> = serde_json::from_value(configs).unwrap_or_default();
        let Some(at) = parts.iter().position(|part| part.name == name) else {
            let known = parts.into_iter().map(|part| part.name).collect();
            return Err(Error::NoPart { kind: self.description.kind.clone(), name: name.to_owned(), known });
        };
        let prefix = format!("parts.{at}.");
        let own = |(name, tensor): (&String, &_)| {
            Some((name.strip_prefix(&prefix)?.to_owned(), Clone::clone(tensor)))
        };
        let tensors = self.tensors.iter().filter_map(own).collect();
        Ok(ModuleState { description: parts[at].module.clone(), tensors })
    }
}
