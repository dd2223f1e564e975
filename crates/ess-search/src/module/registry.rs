//! The kinds of module by name, from which a module is built from data.

use std::{any::Any, collections::BTreeMap, path::Path, sync::Arc};

use burn::tensor::Device;
use ess_core::{Embeddings, Encoding};

use super::persistent::PersistentModule;
use crate::{
    error::Error,
    store::state::{ModuleDescription, ModuleState},
};

/// The kind of a module that moves items too. `TwoSided` builds it; no registry does.
pub(crate) const TWO_SIDED: &str = "two_sided";

/// The result of building a module.
type Built<E> = Result<Box<dyn PersistentModule<E>>, Error>;
/// A function that builds a module from a state.
type Build<E> = Box<dyn Fn(&Registry<E>, &ModuleState, &Device) -> Built<E> + Send + Sync>;

/// The kinds of searching module that can be built from data: those of this crate, and registered ones.
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
    /// How new modules of a trainable kind are made. `trainable_kind` knows the type, which requires an encoding that
    /// goes to a device. Such an encoding names the registry of its kinds, so the registry itself cannot require one.
    training: Option<Box<dyn Any + Send + Sync>>,
}

// A derived implementation would require the same of the encoding.
impl<E: Encoding + 'static> Clone for Registry<E> {
    fn clone(&self) -> Self {
        Self { kinds: self.kinds.clone() }
    }
}

impl<E: Encoding + 'static> Registry<E> {
    /// A registry without kinds.
    pub(crate) fn without_kinds() -> Self {
        Self { kinds: BTreeMap::new() }
    }

    /// Adds a kind that cannot be trained. It replaces a kind of the same name.
    pub(crate) fn with_fixed(
        self,
        kind: &str,
        build: impl Fn(&Self, &ModuleState, &Device) -> Built<E> + Send + Sync + 'static,
    ) -> Self {
        self.with_kind(kind, build, None)
    }

    /// Adds a kind. It replaces a kind of the same name.
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
    /// [`Error::UnknownKind`]; [`Error::TwoSided`] for a module that moves items too; [`Error::ConfigSyntax`] or
    /// [`Error::Config`] for a wrong config; [`Error::TensorNames`] or [`Error::TensorShape`] for tensors that do not
    /// fit it; [`Error::Core`] when the dimensions of the state are not those of the module.
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

    /// How new modules of a kind are made. `None` for a kind that cannot be trained.
    pub(super) fn training(&self, kind: &str) -> Result<Option<&dyn Any>, Error> {
        Ok(self.kind(kind)?.training.as_deref().map(|training| training as &dyn Any))
    }

    /// Whether a kind has this name.
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
