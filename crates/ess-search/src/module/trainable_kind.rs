//! The kinds in a registry that can be trained.

use std::any::Any;

use burn::tensor::Device;

use super::{
    any_module::AnyModule,
    composite_module::CompositeModule,
    device_encoding::DeviceEncoding,
    on_device::OnDevice,
    parameters,
    registry::{Registry, check_dims},
    trainable::TrainableModule,
};
use crate::{
    blocks::init::shapes_only,
    error::Error,
    store::state::{ModuleDescription, ModuleState},
};

/// How a new module is made from its config.
type Init<E> =
    Box<dyn Fn(&Registry<E>, &ModuleDescription, &Device) -> Result<AnyModule<E>, Error> + Send + Sync>;

/// A kind that can be trained.
struct TrainableKind<E: DeviceEncoding + 'static> {
    init: Init<E>,
    /// The config with a number added to its seed. `None` for a config that does not parse.
    reseed: fn(&ModuleDescription, u64) -> Option<serde_json::Value>,
}

impl<E: DeviceEncoding + 'static> Registry<E> {
    /// Adds a kind of trainable module. It replaces a kind of the same name.
    #[must_use]
    pub fn with<M: TrainableModule<Encoding = E>>(self) -> Self {
        self.with_trainable::<M>(Box::new(|_, description, device| {
            AnyModule::new(M::init(&description.parse_config()?, device)?)
        }))
    }

    /// Adds a kind of trainable module with parts. It replaces a kind of the same name.
    #[must_use]
    pub fn with_composite<M: CompositeModule<Encoding = E>>(self) -> Self {
        self.with_trainable::<M>(Box::new(|registry, description, device| {
            AnyModule::new(M::init_with(&description.parse_config()?, registry, device)?)
        }))
    }

    fn with_trainable<M: TrainableModule<Encoding = E>>(self, init: Init<E>) -> Self {
        let kind = TrainableKind {
            init,
            reseed: |description, seed| {
                serde_json::to_value(M::reseeded(&description.parse_config().ok()?, seed)).ok()
            },
        };
        let build = |registry: &Self, state: &ModuleState, device: &Device| {
            Ok(Box::new(OnDevice::new(registry.trainable(state, device)?, device)) as _)
        };
        self.with_kind(M::KIND, build, Some(Box::new(kind)))
    }

    /// A new, untrained module on a device.
    ///
    /// # Errors
    /// [`Error::UnknownKind`]; [`Error::NotTrainable`] for a kind that cannot be trained; [`Error::ConfigSyntax`] or
    /// [`Error::Config`] for a wrong config; [`Error::Core`] when the dimensions of the description are not those of
    /// the config.
    pub fn init(&self, description: &ModuleDescription, device: &Device) -> Result<AnyModule<E>, Error> {
        let Some(kind) = self.trainable_kind(&description.kind)? else {
            return Err(Error::NotTrainable { kind: description.kind.clone() });
        };
        let module = (kind.init)(self, description, device)?;
        check_dims(description, module.query_dim(), module.item_dim())?;
        Ok(module)
    }

    /// The description with a number added to the seed of its starting values ([`TrainableModule::reseeded`]). It is
    /// returned unchanged where the kind is not known or cannot be trained.
    #[must_use]
    pub fn reseeded(&self, description: &ModuleDescription, seed: u64) -> ModuleDescription {
        let kind = self.trainable_kind(&description.kind).ok().flatten();
        let config = kind.and_then(|kind| (kind.reseed)(description, seed));
        let config = config.unwrap_or_else(|| description.config.clone());
        ModuleDescription { config, ..description.clone() }
    }

    /// Builds a module on a device, to continue its training or to make it a part of another module.
    ///
    /// # Errors
    /// Those of [`Registry::init`]; [`Error::TensorNames`] or [`Error::TensorShape`] for tensors that do not fit.
    pub fn trainable(&self, state: &ModuleState, device: &Device) -> Result<AnyModule<E>, Error> {
        let module = shapes_only(|| self.init(&state.description, device))?;
        parameters::replace(module, &state.description.kind, state.tensors.clone())
    }

    fn trainable_kind(&self, kind: &str) -> Result<Option<&TrainableKind<E>>, Error> {
        Ok(self.training(kind)?.and_then(<dyn Any>::downcast_ref))
    }
}
