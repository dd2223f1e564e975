//! The named parts of a composite module.

use burn::{module::Module, tensor::Device};
use serde::{Deserialize, Serialize};

use crate::{
    error::Error,
    module::{any_module::AnyModule, registry::Registry, trainable::TrainableModule},
    store::state::{ModuleDescription, ModuleState},
};

/// The largest number of parts of one module.
const MAX_PARTS: usize = 64;

/// The config of a part of a composite.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartConfig {
    /// The name. It must not be empty, and no other part may have it.
    pub name: String,
    /// Whether the part is excluded from training. Default: false.
    #[serde(default)]
    pub frozen: bool,
    /// The module.
    pub module: ModuleDescription,
}

/// A named part of a composite: a module of any kind, new or trained before, which may be frozen.
///
/// ```
/// use burn::tensor::Device;
/// use ess_search::{
///     Linear, LinearConfig, Orthogonal, OrthogonalConfig, Part, PersistentModule, OnDevice, Registry, Sequence,
///     TrainableModule,
/// };
///
/// let device = Device::flex();
/// let rotation = OnDevice::new(Orthogonal::init(&OrthogonalConfig::new(4, 4), &device)?, &device);
/// let saved = rotation.to_state()?; // or ModuleState::load(folder)?
///
/// let transferred = Part::from_state("rotation", &saved, &Registry::default(), &device)?.frozen();
/// let trained = Part::new("task", Linear::init(&LinearConfig::new(4, 4), &device)?)?;
/// let module = Sequence::new(vec![transferred, trained])?;
/// assert_eq!(module.config().parts[0].name, "rotation");
/// # Ok::<(), ess_search::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Part {
    name: String,
    frozen: bool,
    module: AnyModule,
}

impl Part {
    /// A part that takes part in training.
    ///
    /// # Errors
    /// [`Error::ConfigSyntax`] for a module whose config cannot be written as JSON.
    pub fn new<M: TrainableModule<Encoding = ess_core::Embeddings>>(
        name: impl Into<String>,
        module: M,
    ) -> Result<Self, Error> {
        Ok(Self { name: name.into(), frozen: false, module: AnyModule::new(module)? })
    }

    /// A part that was trained before, of a kind that `registry` knows.
    ///
    /// # Errors
    /// Those of [`Registry::trainable`].
    pub fn from_state(
        name: impl Into<String>,
        state: &ModuleState,
        registry: &Registry,
        device: &Device,
    ) -> Result<Self, Error> {
        Ok(Self { name: name.into(), frozen: false, module: registry.trainable(state, device)? })
    }

    /// The same part, excluded from training. Parts before it learn through it.
    #[must_use]
    pub fn frozen(mut self) -> Self {
        self.frozen = true;
        self
    }

    /// The config of the part.
    pub(crate) fn config(&self) -> Result<PartConfig, Error> {
        let (name, frozen) = (self.name.clone(), self.frozen);
        Ok(PartConfig { name, frozen, module: self.module.description()? })
    }

    /// The module. Where the part is frozen, its parameters have no gradient.
    pub(crate) fn into_module(self) -> AnyModule {
        if self.frozen { self.module.freeze() } else { self.module }
    }
}

/// New parts of the kinds that a registry knows.
pub(crate) fn init_parts(
    configs: &[PartConfig],
    registry: &Registry,
    device: &Device,
) -> Result<Vec<Part>, Error> {
    let init = |config: &PartConfig| {
        let module = registry.init(&config.module, device)?;
        Ok(Part { name: config.name.clone(), frozen: config.frozen, module })
    };
    configs.iter().map(init).collect()
}

/// Parts with a number added to the seeds of those whose kind this process knows.
pub(crate) fn reseeded(parts: &[PartConfig], seed: u64) -> Vec<PartConfig> {
    let registry = Registry::default();
    let part =
        |part: &PartConfig| PartConfig { module: registry.reseeded(&part.module, seed), ..part.clone() };
    parts.iter().map(part).collect()
}

/// Refuses no part, too many parts, and names that are empty or not unique.
pub(crate) fn check_parts(kind: &'static str, parts: &[Part]) -> Result<(), Error> {
    let refuse = |name, expected: String, found| Err(Error::Config { kind, name, expected, found });
    if !(1..=MAX_PARTS).contains(&parts.len()) {
        return refuse("parts", format!("between 1 and {MAX_PARTS}"), parts.len().to_string());
    }
    if parts.iter().any(|part| part.module.scoring().is_some()) {
        let expected = "modules that are compared with items by the inner product".to_owned();
        return refuse("parts", expected, "one with a scoring of its own".to_owned());
    }
    let mut names: Vec<&str> = parts.iter().map(|part| &*part.name).collect();
    names.sort_unstable();
    match names.iter().zip(&names[1..]).find(|(name, next)| name == next) {
        _ if names[0].is_empty() => refuse("name of a part", "not empty".into(), "an empty name".into()),
        Some((name, _)) => refuse("name of a part", "of no other part".into(), format!("{name:?} twice")),
        None => Ok(()),
    }
}

/// Refuses parts of different dimensions.
pub(crate) fn check_same_dims(parts: &[Part]) -> Result<(), Error> {
    let first = &parts[0].module;
    for part in parts {
        let (query, item) = ("query dimension of a part", "item dimension of a part");
        ess_core::Error::check_dim(query, first.query_dim(), part.module.query_dim())?;
        ess_core::Error::check_dim(item, first.item_dim(), part.module.item_dim())?;
    }
    Ok(())
}

/// Refuses parts whose input dimension is not the output dimension of the part before.
pub(crate) fn check_chain(parts: &[Part]) -> Result<(), Error> {
    for pair in parts.windows(2) {
        let what = "what a part reads, after what the part before returns";
        ess_core::Error::check_dim(what, pair[0].module.item_dim(), pair[1].module.query_dim())?;
    }
    Ok(())
}
