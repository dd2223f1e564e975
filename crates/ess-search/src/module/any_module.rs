//! A trainable module whose kind is known at run time.

use std::{
    fmt::{self, Debug},
    sync::Arc,
};

use burn::{
    module::{Content, Module, ModuleDisplay, ModuleDisplayDefault, ModuleMapper, ModuleVisitor},
    tensor::{Device, Tensor},
};
use ess_core::{Embeddings, Scoring};

use super::{device_encoding::DeviceEncoding, noise::Noise, trainable::TrainableModule};
use crate::{error::Error, store::state::ModuleDescription};

mod erased;

use erased::{ErasedModule, MapWith, VisitWith};

/// Any trainable module, of this crate or of another, as one type. Composites consist of such modules, and a module
/// whose kind is known only from a file becomes one.
///
/// It is itself a Burn module. Training, freezing and moving it to a device act on the module inside, and its state
/// is the state of that module.
///
/// ```
/// use burn::tensor::Device;
/// use ess_core::{Embeddings, SearchModule};
/// use ess_search::{AnyModule, Linear, LinearConfig, OnDevice, PersistentModule, TrainableModule};
///
/// let device = Device::flex();
/// let module: AnyModule = AnyModule::new(Linear::init(&LinearConfig::new(2, 2), &device)?)?;
/// assert_eq!(module.kind(), "linear");
/// let module = OnDevice::new(module, &device);
/// assert_eq!(module.to_state()?.description.kind, "linear");
/// let queries = Embeddings::from_rows(&[[1.0, 2.0]])?;
/// assert_eq!(module.apply(&queries)?, queries);
/// # Ok::<(), ess_search::Error>(())
/// ```
pub struct AnyModule<E: DeviceEncoding + 'static = Embeddings> {
    module: Box<dyn ErasedModule<E>>,
    description: ModuleDescription,
}

impl<E: DeviceEncoding + 'static> AnyModule<E> {
    /// Takes a module of any kind. The parameters must have at most six dimensions.
    ///
    /// # Errors
    /// [`Error::ConfigSyntax`] for a config that is no JSON.
    pub fn new<M: TrainableModule<Encoding = E>>(module: M) -> Result<Self, Error> {
        let description = module.description()?;
        Ok(Self { module: Box::new(module), description })
    }
}

// Derived implementations would require the same of the encoding.
impl<E: DeviceEncoding + 'static> Clone for AnyModule<E> {
    fn clone(&self) -> Self {
        Self { module: self.module.clone(), description: self.description.clone() }
    }
}

impl<E: DeviceEncoding + 'static> Debug for AnyModule<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.module.fmt(f)
    }
}

impl<E: DeviceEncoding + 'static> TrainableModule for AnyModule<E> {
    const KIND: &'static str = "module";
    type Config = ModuleDescription;
    type Encoding = E;

    /// A new module of a kind of this crate or of a registered kind. For other kinds use
    /// [`Registry::init`](crate::Registry::init).
    fn init(config: &ModuleDescription, device: &Device) -> Result<Self, Error> {
        E::registry().init(config, device)
    }

    fn reseeded(config: &ModuleDescription, seed: u64) -> ModuleDescription {
        E::registry().reseeded(config, seed)
    }

    fn kind(&self) -> &str {
        &self.description.kind
    }

    fn description(&self) -> Result<ModuleDescription, Error> {
        Ok(self.description.clone())
    }

    fn config(&self) -> &ModuleDescription {
        &self.description
    }

    fn query_dim(&self) -> usize {
        self.description.query_dim
    }

    fn item_dim(&self) -> usize {
        self.description.item_dim
    }

    fn check_encodings(&self, encodings: &E) -> Result<(), Error> {
        self.module.check_encodings(encodings)
    }

    fn forward(&self, queries: E::Tensors) -> Tensor<2> {
        self.module.forward(queries)
    }

    fn noises(&self) -> Vec<&Noise> {
        self.module.noises()
    }

    fn penalty(&self) -> Option<Tensor<1>> {
        self.module.penalty()
    }

    fn scoring(&self) -> Option<Arc<dyn Scoring>> {
        self.module.scoring()
    }
}

impl<E: DeviceEncoding + 'static> Module for AnyModule<E> {
    fn collect_devices(&self, devices: Vec<Device>) -> Vec<Device> {
        self.module.collect_devices(devices)
    }

    fn fork(self, device: &Device) -> Self {
        Self { module: self.module.fork(device), ..self }
    }

    fn to_device(self, device: &Device) -> Self {
        Self { module: self.module.to_device(device), ..self }
    }

    fn train(self) -> Self {
        Self { module: self.module.train(), ..self }
    }

    fn valid(&self) -> Self {
        Self { module: self.module.valid(), description: self.description.clone() }
    }

    fn materialize(self) -> Self {
        Self { module: self.module.materialize(), ..self }
    }

    fn visit<V: ModuleVisitor>(&self, visitor: &mut V) {
        self.module.visit(&mut VisitWith(visitor));
    }

    fn map<M: ModuleMapper>(self, mapper: &mut M) -> Self {
        Self { module: self.module.map(&mut MapWith(mapper)), ..self }
    }
}

impl<E: DeviceEncoding + 'static> ModuleDisplayDefault for AnyModule<E> {
    fn content(&self, content: Content) -> Option<Content> {
        content.add_formatted(&self.description.kind).optional()
    }
}

impl<E: DeviceEncoding + 'static> ModuleDisplay for AnyModule<E> {}
