//! A trainable module on a device, as a searching module of `ess-core`.

use burn::tensor::{Device, Tensor, TensorData};
use ess_core::{Embeddings, Encoding, SearchModule};

use crate::{DeviceEncoding, Error, TrainableModule, embeddings_from_tensor};

/// Rows that go through a module at once, so that memory stays bounded for any number of queries.
const CHUNK: usize = 8192;

/// Any trainable module on a device, ready to search.
///
/// Runnable at [`TrainableModule`].
#[derive(Clone, Debug)]
pub struct OnDevice<M> {
    module: M,
    device: Device,
}

impl<M: TrainableModule> OnDevice<M> {
    /// Moves a module to a device and takes it out of training.
    pub fn new(module: M, device: &Device) -> Self {
        let device = device.clone().without_autodiff();
        Self { module: module.valid().to_device(&device), device }
    }

    /// The module.
    pub fn module(&self) -> &M {
        &self.module
    }

    /// The module back, for more training.
    pub fn into_module(self) -> M {
        self.module
    }

    fn forward(&self, encodings: &M::Encoding) -> Result<Embeddings, Error> {
        let tensors = encodings.to_tensors(&self.device);
        let rows = encodings.rows();
        if rows <= CHUNK {
            return embeddings_from_tensor(self.module.forward(tensors));
        }
        let mut values = Vec::with_capacity(rows * self.module.item_dim());
        for start in (0..rows).step_by(CHUNK) {
            let chunk: Vec<i64> = (start..rows.min(start + CHUNK)).map(|row| row as i64).collect();
            let chunk = TensorData::new(chunk.clone(), [chunk.len()]);
            let chunk = M::Encoding::select(&tensors, Tensor::from_data(chunk, &self.device));
            values.extend_from_slice(embeddings_from_tensor(self.module.forward(chunk))?.as_slice());
        }
        Ok(Embeddings::from_vec(values, self.module.item_dim())?)
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
        let what = "queries given to a searching module";
        ess_core::Error::check_dim(what, self.module.query_dim(), encodings.dim())?;
        Ok(self.forward(encodings)?)
    }
}
