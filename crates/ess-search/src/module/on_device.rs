//! A trainable module on a device, as a searching module of `ess-core`.

use std::sync::Arc;

use burn::{
    module::{ModuleVisitor, Param},
    tensor::{Device, Tensor},
};
use ess_core::{Embeddings, Encoding, Scoring, SearchModule};

use super::{
    device_encoding::DeviceEncoding, parameters, persistent::PersistentModule, trainable::TrainableModule,
};
use crate::{
    device::{host_copy::embeddings_from_tensor, memory::largest_tensor},
    error::Error,
    store::state::ModuleState,
};

/// A trainable module on a device, in use and not in training.
///
/// [`TrainableModule`] has an example.
#[derive(Clone, Debug)]
pub struct OnDevice<M> {
    module: M,
    device: Device,
    widest: usize,
}

/// The largest number of components of one tensor inside a module: 256 MiB of `f32`. A device may allow less.
const WITHIN_MODULE: usize = 1 << 26;

impl<M: TrainableModule> OnDevice<M> {
    /// Moves a module to a device and takes it out of training.
    pub fn new(module: M, device: &Device) -> Self {
        let device = device.clone().without_autodiff();
        let module = module.valid().to_device(&device);
        let dim = module.item_dim();
        let width = module.scoring().map_or(dim, |scoring| scoring.width(dim));
        let mut widest = Widest(module.query_dim().max(width));
        module.visit(&mut widest);
        Self { module, device, widest: widest.0 }
    }

    /// The module.
    pub fn module(&self) -> &M {
        &self.module
    }

    /// The module, for more training.
    pub fn into_module(self) -> M {
        self.module
    }

    /// The number of rows for which tensors some times as wide as the widest parameter stay within bounds.
    fn rows_at_once(&self, encodings: &M::Encoding) -> usize {
        const TIMES: usize = 4;
        let components = WITHIN_MODULE.min(largest_tensor(&self.device));
        encodings.rows_at_once().min(components / TIMES.saturating_mul(self.widest)).max(1)
    }

    fn forward(&self, encodings: &M::Encoding) -> Result<Embeddings, Error> {
        let (rows, at_once) = (encodings.rows(), self.rows_at_once(encodings));
        if rows <= at_once {
            return embeddings_from_tensor(self.module.forward(encodings.to_tensors(&self.device)));
        }
        let width = self.width();
        let mut values = Vec::with_capacity(rows * width);
        for start in (0..rows).step_by(at_once) {
            let chunk: Vec<usize> = (start..rows.min(start + at_once)).collect();
            let chunk = encodings.select_rows(&chunk)?.to_tensors(&self.device);
            values.extend_from_slice(embeddings_from_tensor(self.module.forward(chunk))?.as_slice());
        }
        Ok(Embeddings::from_vec(values, width)?)
    }
}

/// The largest dimension of any parameter, such as a hidden width or a number of slots.
struct Widest(usize);

impl ModuleVisitor for Widest {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let largest = param.lazy_shape().iter().copied().max();
        self.0 = self.0.max(largest.unwrap_or(0));
    }
}

impl<M: TrainableModule> SearchModule<M::Encoding> for OnDevice<M> {
    fn query_dim(&self) -> usize {
        self.module.query_dim()
    }

    fn item_dim(&self) -> usize {
        self.module.item_dim()
    }

    fn apply(&self, encodings: &M::Encoding) -> Result<Embeddings, ess_core::Error> {
        self.module.check_encodings(encodings)?;
        Ok(self.forward(encodings)?)
    }

    fn scoring(&self) -> Option<Arc<dyn Scoring>> {
        self.module.scoring()
    }
}

impl<M: TrainableModule> PersistentModule<M::Encoding> for OnDevice<M> {
    fn to_state(&self) -> Result<ModuleState, Error> {
        let module = self.module();
        Ok(ModuleState { description: module.description()?, tensors: parameters::read(module)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::{
        key_value_memory::{KeyValueMemory, config::KeyValueMemoryConfig},
        mlp::{Mlp, MlpConfig},
    };

    #[test]
    fn wide_modules_map_fewer_rows_at_once() {
        let device = Device::flex();
        let queries = Embeddings::from_rows(&[[1.0, 0.0, 0.0]]).unwrap();
        let memory = KeyValueMemoryConfig { slots: 16_384, ..KeyValueMemoryConfig::new(3, 3) };
        let memory = OnDevice::new(KeyValueMemory::init(&memory, &device).unwrap(), &device);
        assert_eq!(memory.rows_at_once(&queries), (1 << 26) / (4 * 16_384));
        let mlp = MlpConfig { hidden: vec![2048], ..MlpConfig::new(3, 3) };
        let mlp = OnDevice::new(Mlp::init(&mlp, &device).unwrap(), &device);
        assert_eq!(mlp.rows_at_once(&queries), (1 << 26) / (4 * 2048));
    }
}
