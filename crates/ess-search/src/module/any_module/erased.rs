//! Burn's module, visitor and mapper as object-safe traits.
//!
//! Burn's traits are generic in the rank of a parameter. Here each parameter is passed as `Any`, and the receiver
//! recovers its rank by downcasts.

use std::{any::Any, fmt::Debug, sync::Arc};

use burn::{
    module::{Flag, ModuleMapper, ModuleVisitor, Param},
    tensor::{Device, Tensor},
};
use ess_core::Scoring;

use crate::{
    error::Error,
    module::{device_encoding::DeviceEncoding, noise::Noise, trainable::TrainableModule},
};

/// A trainable module of any type.
pub(super) trait ErasedModule<E: DeviceEncoding>: Send + Sync + Debug {
    fn boxed_clone(&self) -> Box<dyn ErasedModule<E>>;
    fn check_encodings(&self, encodings: &E) -> Result<(), Error>;
    fn forward(&self, queries: E::Tensors) -> Tensor<2>;
    fn noises(&self) -> Vec<&Noise>;
    fn penalty(&self) -> Option<Tensor<1>>;
    fn scoring(&self) -> Option<Arc<dyn Scoring>>;
    fn collect_devices(&self, devices: Vec<Device>) -> Vec<Device>;
    fn fork(self: Box<Self>, device: &Device) -> Box<dyn ErasedModule<E>>;
    fn to_device(self: Box<Self>, device: &Device) -> Box<dyn ErasedModule<E>>;
    fn train(self: Box<Self>) -> Box<dyn ErasedModule<E>>;
    fn valid(&self) -> Box<dyn ErasedModule<E>>;
    fn materialize(self: Box<Self>) -> Box<dyn ErasedModule<E>>;
    fn visit(&self, visitor: &mut dyn ErasedVisitor);
    fn map(self: Box<Self>, mapper: &mut dyn ErasedMapper) -> Box<dyn ErasedModule<E>>;
}

impl<E: DeviceEncoding + 'static, M: TrainableModule<Encoding = E>> ErasedModule<E> for M {
    fn boxed_clone(&self) -> Box<dyn ErasedModule<E>> {
        Box::new(self.clone())
    }

    fn check_encodings(&self, encodings: &E) -> Result<(), Error> {
        TrainableModule::check_encodings(self, encodings)
    }

    fn forward(&self, queries: E::Tensors) -> Tensor<2> {
        TrainableModule::forward(self, queries)
    }

    fn noises(&self) -> Vec<&Noise> {
        TrainableModule::noises(self)
    }

    fn penalty(&self) -> Option<Tensor<1>> {
        TrainableModule::penalty(self)
    }

    fn scoring(&self) -> Option<Arc<dyn Scoring>> {
        TrainableModule::scoring(self)
    }

    fn collect_devices(&self, devices: Vec<Device>) -> Vec<Device> {
        burn::module::Module::collect_devices(self, devices)
    }

    fn fork(self: Box<Self>, device: &Device) -> Box<dyn ErasedModule<E>> {
        Box::new(burn::module::Module::fork(*self, device))
    }

    fn to_device(self: Box<Self>, device: &Device) -> Box<dyn ErasedModule<E>> {
        Box::new(burn::module::Module::to_device(*self, device))
    }

    fn train(self: Box<Self>) -> Box<dyn ErasedModule<E>> {
        Box::new(burn::module::Module::train(*self))
    }

    fn valid(&self) -> Box<dyn ErasedModule<E>> {
        Box::new(burn::module::Module::valid(self))
    }

    fn materialize(self: Box<Self>) -> Box<dyn ErasedModule<E>> {
        Box::new(burn::module::Module::materialize(*self))
    }

    fn visit(&self, visitor: &mut dyn ErasedVisitor) {
        burn::module::Module::visit(self, &mut Visitor(visitor));
    }

    fn map(self: Box<Self>, mapper: &mut dyn ErasedMapper) -> Box<dyn ErasedModule<E>> {
        Box::new(burn::module::Module::map(*self, &mut Mapper(mapper)))
    }
}

impl<E: DeviceEncoding + 'static> Clone for Box<dyn ErasedModule<E>> {
    fn clone(&self) -> Self {
        (**self).boxed_clone()
    }
}

/// A visitor of parameters of any rank.
pub(super) trait ErasedVisitor {
    fn visit(&mut self, param: &dyn Any);
    fn enter(&mut self, name: &str, container: &str);
    fn exit(&mut self, name: &str, container: &str);
}

/// A mapper of parameters of any rank.
pub(super) trait ErasedMapper {
    fn map(&mut self, param: Box<dyn Any>) -> Box<dyn Any>;
    fn enter(&mut self, name: &str, container: &str);
    fn exit(&mut self, name: &str, container: &str);
}

/// Burn's visitor that passes parameters to an erased one.
struct Visitor<'a>(&'a mut dyn ErasedVisitor);

impl ModuleVisitor for Visitor<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.0.visit(param);
    }

    fn visit_flag(&mut self, flag: &Param<Flag>) {
        self.0.visit(flag);
    }

    fn enter_module(&mut self, name: &str, container: &str) {
        self.0.enter(name, container);
    }

    fn exit_module(&mut self, name: &str, container: &str) {
        self.0.exit(name, container);
    }
}

/// Burn's mapper that passes parameters to an erased one.
struct Mapper<'a>(&'a mut dyn ErasedMapper);

impl ModuleMapper for Mapper<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        same_type(self.0.map(Box::new(param)))
    }

    fn map_flag(&mut self, flag: Param<Flag>) -> Param<Flag> {
        same_type(self.0.map(Box::new(flag)))
    }

    fn enter_module(&mut self, name: &str, container: &str) {
        self.0.enter(name, container);
    }

    fn exit_module(&mut self, name: &str, container: &str) {
        self.0.exit(name, container);
    }
}

fn same_type<P: 'static>(mapped: Box<dyn Any>) -> P {
    *mapped.downcast().expect("a mapper returns a parameter of the rank that it was given")
}

/// An erased visitor that passes parameters to one of Burn's.
pub(super) struct VisitWith<'a, V>(pub(super) &'a mut V);

impl<V: ModuleVisitor> ErasedVisitor for VisitWith<'_, V> {
    fn visit(&mut self, param: &dyn Any) {
        macro_rules! of_rank {
            ($($rank:literal),*) => {$(
                if let Some(param) = param.downcast_ref::<Param<Tensor<$rank>>>() {
                    return self.0.visit_float(param);
                }
            )*};
        }
        of_rank!(1, 2, 3, 4, 5, 6);
        if let Some(flag) = param.downcast_ref::<Param<Flag>>() {
            self.0.visit_flag(flag);
        }
    }

    fn enter(&mut self, name: &str, container: &str) {
        self.0.enter_module(name, container);
    }

    fn exit(&mut self, name: &str, container: &str) {
        self.0.exit_module(name, container);
    }
}

/// An erased mapper that passes parameters to one of Burn's.
pub(super) struct MapWith<'a, M>(pub(super) &'a mut M);

impl<M: ModuleMapper> ErasedMapper for MapWith<'_, M> {
    fn map(&mut self, param: Box<dyn Any>) -> Box<dyn Any> {
        macro_rules! of_rank {
            ($param:ident: $($rank:literal),*) => {$(
                let $param = match $param.downcast::<Param<Tensor<$rank>>>() {
                    Ok(param) => return Box::new(self.0.map_float(*param)),
                    Err(other) => other,
                };
            )*};
        }
        of_rank!(param: 1, 2, 3, 4, 5, 6);
        match param.downcast::<Param<Flag>>() {
            Ok(flag) => Box::new(self.0.map_flag(*flag)),
            Err(other) => other,
        }
    }

    fn enter(&mut self, name: &str, container: &str) {
        self.0.enter_module(name, container);
    }

    fn exit(&mut self, name: &str, container: &str) {
        self.0.exit_module(name, container);
    }
}
