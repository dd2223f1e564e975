//! A trainable module on a device, as a searching module of `ess-core`.

use burn::tensor::Device;
use ess_core::{Embeddings, Encoding, SearchModule};

use crate::{DeviceEncoding, Error, TrainableModule, embeddings_from_tensor, largest_tensor};

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

    /// Rows whose vectors, and others some times as wide within the module, the device has tensors for.
    fn rows_at_once(&self, encodings: &M::Encoding) -> usize {
        const WITHIN: usize = 4;
        let widest = WITHIN * self.module.query_dim().max(self.module.item_dim());
        encodings.rows_at_once().min(largest_tensor(&self.device) / widest).max(1)
    }

    fn forward(&self, encodings: &M::Encoding) -> Result<Embeddings, Error> {
        let (rows, at_once) = (encodings.rows(), self.rows_at_once(encodings));
        if rows <= at_once {
            return embeddings_from_tensor(self.module.forward(encodings.to_tensors(&self.device)));
        }
        let mut values = Vec::with_capacity(rows * self.module.item_dim());
        for start in (0..rows).step_by(at_once) {
            let chunk: Vec<usize> = (start..rows.min(start + at_once)).collect();
            let chunk = encodings.select_rows(&chunk)?.to_tensors(&self.device);
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
