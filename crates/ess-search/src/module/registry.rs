//! From data back to a searching module.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use burn::tensor::Device;
use ess_core::Embeddings;

use super::{
    any_module::AnyModule, device_encoding::DeviceEncoding, on_device::OnDevice, parameters,
    persistent::PersistentModule, trainable::TrainableModule,
};
use crate::{
    blocks::init::shapes_only,
    error::Error,
    store::state::{ModuleDescription, ModuleState},
};

/// The kind of a module that maps items too; no registry builds it, `TwoSided` does.
pub(crate) const TWO_SIDED: &str = "two_sided";

/// How a kind is built from a state.
type Build<E> = Arc<
    dyn Fn(&Registry<E>, &ModuleState, &Device) -> Result<Box<dyn PersistentModule<E>>, Error> + Send + Sync,
>;
/// The config of a kind that can be trained with a number added to its seed; `None` for one that is not the kind's.
type Reseed = fn(&ModuleDescription, u64) -> Option<serde_json::Value>;
/// How a kind that can be trained is made from its config.
type Init<E> =
    Arc<dyn Fn(&Registry<E>, &ModuleDescription, &Device) -> Result<AnyModule<E>, Error> + Send + Sync>;

/// The kinds of searching module that can be built from data: those of this crate, and those registered.
///
/// ```
/// use burn::tensor::Device;
/// use ess_search::{Linear, LinearConfig, ModuleState, OnDevice, PersistentModule, Registry, TrainableModule};
///
/// let device = Device::flex();
/// let module = OnDevice::new(Linear::init(&LinearConfig::new(3, 4), &device)?, &device);
/// let folder = tempfile::tempdir().unwrap();
/// module.to_state()?.save(folder.path())?;
/// let loaded = Registry::default().load(folder.path(), &device)?;
/// assert_eq!(loaded.to_state()?, module.to_state()?);
/// # Ok::<(), ess_search::Error>(())
/// ```
pub struct Registry<E: DeviceEncoding + 'static = Embeddings> {
    kinds: BTreeMap<String, Kind<E>>,
}

enum Kind<E: DeviceEncoding + 'static> {
    Trainable(Init<E>, Reseed),
    Fixed(Build<E>),
}

// Derived, these would ask the same of the encoding.
impl<E: DeviceEncoding + 'static> Clone for Registry<E> {
    fn clone(&self) -> Self {
        Self { kinds: self.kinds.clone() }
    }
}

impl<E: DeviceEncoding + 'static> Clone for Kind<E> {
    fn clone(&self) -> Self {
        match self {
            Self::Trainable(init, reseed) => Self::Trainable(init.clone(), *reseed),
            Self::Fixed(build) => Self::Fixed(build.clone()),
        }
    }
}

impl<E: DeviceEncoding + 'static> Registry<E> {
    /// Knows no kind.
    pub(crate) fn without_kinds() -> Self {
        Self { kinds: BTreeMap::new() }
    }

    /// Adds a kind of trainable module; one that was there under the same name is replaced.
    #[must_use]
    pub fn with<M: TrainableModule<Encoding = E>>(self) -> Self {
        self.with_init::<M>(|_, description, device| {
            AnyModule::new(M::init(&description.parse_config()?, device)?)
        })
    }

    /// Adds a kind of trainable module with parts; one that was there under the same name is replaced.
    #[must_use]
    pub fn with_composite<M: CompositeModule<Encoding = E>>(self) -> Self {
        self.with_init::<M>(|registry, description, device| {
            AnyModule::new(M::init_with(&description.parse_config()?, registry, device)?)
        })
    }

    fn with_init<M: TrainableModule<Encoding = E>>(
        mut self,
        init: impl Fn(&Self, &ModuleDescription, &Device) -> Result<AnyModule<E>, Error> + Send + Sync + 'static,
    ) -> Self {
        let reseed: Reseed = |description, seed| {
            serde_json::to_value(M::reseeded(&description.parse_config().ok()?, seed)).ok()
        };
        self.kinds.insert(M::KIND.to_owned(), Kind::Trainable(Arc::new(init), reseed));
        self
    }

    pub(crate) fn with_fixed(
        mut self,
        kind: &str,
        build: impl Fn(&Self, &ModuleState, &Device) -> Result<Box<dyn PersistentModule<E>>, Error>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        self.kinds.insert(kind.to_owned(), Kind::Fixed(Arc::new(build)));
        self
    }

    /// A new, untrained module on a device.
    ///
    /// # Errors
    /// [`Error::UnknownKind`]; [`Error::NotTrainable`] for a kind without training; [`Error::ConfigSyntax`] or
    /// [`Error::Config`] for a bad config; [`Error::Core`] for dimensions that are not those of the config.
    pub fn init(&self, description: &ModuleDescription, device: &Device) -> Result<AnyModule<E>, Error> {
        let module = match self.kind(&description.kind)? {
            Kind::Trainable(init, _) => init(self, description, device)?,
            Kind::Fixed(_) => return Err(Error::NotTrainable { kind: description.kind.clone() }),
        };
        check_dims(description, module.query_dim(), module.item_dim())?;
        Ok(module)
    }

    /// The same module with a number added to the seed of its starting values ([`TrainableModule::reseeded`]); as it is,
    /// where the kind is not known or not trained.
    #[must_use]
    pub fn reseeded(&self, description: &ModuleDescription, seed: u64) -> ModuleDescription {
        let config = match self.kinds.get(&description.kind) {
            Some(Kind::Trainable(_, reseed)) => reseed(description, seed),
            _ => None,
        };
        let config = config.unwrap_or_else(|| description.config.clone());
        ModuleDescription { config, ..description.clone() }
    }

    /// Builds a module on a device to train it on, or to put it into another.
    ///
    /// # Errors
    /// Those of [`Registry::init`]; [`Error::TensorNames`] or [`Error::TensorShape`] for tensors that do not fit.
    pub fn trainable(&self, state: &ModuleState, device: &Device) -> Result<AnyModule<E>, Error> {
        let module = shapes_only(|| self.init(&state.description, device))?;
        parameters::replace(module, &state.description.kind, state.tensors.clone())
    }

    /// Builds a module on a device.
    ///
    /// # Errors
    /// [`Error::UnknownKind`]; [`Error::TwoSided`] for a module that trains items too; [`Error::ConfigSyntax`] or [`Error::Config`] for a bad config;
    /// [`Error::TensorNames`] or [`Error::TensorShape`] for tensors that do not fit it.
    pub fn build(&self, state: &ModuleState, device: &Device) -> Result<Box<dyn PersistentModule<E>>, Error> {
        let description = &state.description;
        let module = match self.kind(&description.kind)? {
            Kind::Trainable(..) => Box::new(OnDevice::new(self.trainable(state, device)?, device)) as _,
            Kind::Fixed(build) => build(self, state, device)?,
        };
        check_dims(description, module.query_dim(), module.item_dim())?;
        Ok(module)
    }

    /// Loads a module from a folder onto a device.
    ///
    /// # Errors
    /// Those of [`ModuleState::load`] and [`Registry::build`].
    pub fn load(&self, folder: &Path, device: &Device) -> Result<Box<dyn PersistentModule<E>>, Error> {
        self.build(&ModuleState::load(folder)?, device)
    }

    /// Whether there is a kind of this name.
    pub(crate) fn knows(&self, kind: &str) -> bool {
        kind == TWO_SIDED || self.kinds.contains_key(kind)
    }

    fn kind(&self, kind: &str) -> Result<&Kind<E>, Error> {
        if kind == TWO_SIDED {
            return Err(Error::TwoSided);
        }
        let known = || self.kinds.keys().cloned().collect();
        self.kinds.get(kind).ok_or_else(|| Error::UnknownKind { kind: kind.to_owned(), known: known() })
    }
}

/// A trainable module with parts of any kinds, which a registry has to know for it to be built from data.
///
/// Implement it beside [`TrainableModule`] and register it with [`Registry::with_composite`].
pub trait CompositeModule: TrainableModule {
    /// A new module whose parts are of kinds that `registry` knows.
    ///
    /// # Errors
    /// Those of [`TrainableModule::init`], and [`Error::UnknownKind`] for a part.
    fn init_with(
        config: &Self::Config,
        registry: &Registry<Self::Encoding>,
        device: &Device,
    ) -> Result<Self, Error>;
}

/// Refuses a description whose dimensions are not those of the module.
pub(crate) fn check_dims(
    description: &ModuleDescription,
    query_dim: usize,
    item_dim: usize,
) -> Result<(), Error> {
    let (query, item) = ("query dimension of a saved module", "item dimension of a saved module");
    ess_core::Error::check_dim(query, description.query_dim, query_dim)?;
    Ok(ess_core::Error::check_dim(item, description.item_dim, item_dim)?)
}
