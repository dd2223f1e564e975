//! The kinds of module by name: from data back to a searching module.

use std::{any::Any, collections::BTreeMap, path::Path, sync::Arc};

use burn::tensor::Device;
use ess_core::{Embeddings, Encoding};

use super::persistent::PersistentModule;
use crate::{
    error::Error,
    store::state::{ModuleDescription, ModuleState},
};

/// The kind of a module that maps items too; no registry builds it, `TwoSided` does.
pub(crate) const TWO_SIDED: &str = "two_sided";

/// What building a module gives.
type Built<E> = Result<Box<dyn PersistentModule<E>>, Error>;
/// How a module is built from a state.
type Build<E> = Box<dyn Fn(&Registry<E>, &ModuleState, &Device) -> Built<E> + Send + Sync>;

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
pub struct Registry<E: Encoding + 'static = Embeddings> {
    kinds: BTreeMap<String, Arc<Kind<E>>>,
}

/// How modules of one kind are made.
struct Kind<E: Encoding + 'static> {
    build: Build<E>,
    /// How new ones are made, for a kind that can be trained. `trainable_kind` knows the type: it needs an encoding that goes on
    /// a device, and such an encoding names the registry of its kinds, so the registry itself cannot ask for one.
    training: Option<Box<dyn Any + Send + Sync>>,
}

// Derived, it would ask the same of the encoding.
impl<E: Encoding + 'static> Clone for Registry<E> {
    fn clone(&self) -> Self {
        Self { kinds: self.kinds.clone() }
    }
}

impl<E: Encoding + 'static> Registry<E> {
    /// Knows no kind.
    pub(crate) fn without_kinds() -> Self {
        Self { kinds: BTreeMap::new() }
    }

    /// Adds a kind that cannot be trained; one that was there under the same name is replaced.
    pub(crate) fn with_fixed(
        self,
        kind: &str,
        build: impl Fn(&Self, &ModuleState, &Device) -> Built<E> + Send + Sync + 'static,
    ) -> Self {
        self.with_kind(kind, build, None)
    }

    /// Adds a kind; one that was there under the same name is replaced.
    pub(super) fn with_kind(
        mut self,
        kind: &str,
        build: impl Fn(&Self, &ModuleState, &Device) -> Built<E> + Send + Sync + 'static,
        training: Option<Box<dyn Any + Send + Sync>>,
    ) -> Self {
        self.kinds.insert(kind.to_owned(), Arc::new(Kind { build: Box::new(build), training }));
        self
    }

    /// Builds a module on a device.
    ///
    /// # Errors
    /// [`Error::UnknownKind`]; [`Error::TwoSided`] for a module that trains items too; [`Error::ConfigSyntax`] or
    /// [`Error::Config`] for a bad config; [`Error::TensorNames`] or [`Error::TensorShape`] for tensors that do not fit
    /// it; [`Error::Core`] for dimensions that are not those of the config.
    pub fn build(&self, state: &ModuleState, device: &Device) -> Result<Box<dyn PersistentModule<E>>, Error> {
        let module = (self.kind(&state.description.kind)?.build)(self, state, device)?;
        check_dims(&state.description, module.query_dim(), module.item_dim())?;
        Ok(module)
    }

    /// Loads a module from a folder onto a device.
    ///
    /// # Errors
    /// Those of [`ModuleState::load`] and [`Registry::build`].
    pub fn load(&self, folder: &Path, device: &Device) -> Result<Box<dyn PersistentModule<E>>, Error> {
        self.build(&ModuleState::load(folder)?, device)
    }

    /// How new modules of a kind are made; `None` for a kind that cannot be trained.
    pub(super) fn training(&self, kind: &str) -> Result<Option<&dyn Any>, Error> {
        Ok(self.kind(kind)?.training.as_deref().map(|training| training as &dyn Any))
    }

    /// Whether there is a kind of this name.
    pub(crate) fn knows(&self, kind: &str) -> bool {
        kind == TWO_SIDED || self.kinds.contains_key(kind)
    }

    fn kind(&self, kind: &str) -> Result<&Kind<E>, Error> {
        if kind == TWO_SIDED {
            return Err(Error::TwoSided);
        }
        let unknown =
            || Error::UnknownKind { kind: kind.to_owned(), known: self.kinds.keys().cloned().collect() };
        self.kinds.get(kind).map(|kind| &**kind).ok_or_else(unknown)
    }
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
