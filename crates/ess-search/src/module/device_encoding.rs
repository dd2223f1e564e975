//! Encodings as tensors on a device.

use burn::tensor::{Device, Tensor, TensorData};
use ess_core::{Embeddings, Encoding, Identity};

use super::{persistent::PersistentModule, registry::Registry};
use crate::{device::host_copy::indices, error::Error};

/// An encoding that can be copied to a device, where a trainable module reads it.
///
/// [`Embeddings`] become a `Tensor<2>` of `n × d`, and [`TokenStates`](ess_core::TokenStates) become
/// [`TokenTensors`](crate::TokenTensors). An encoding of your own brings its own type of tensors.
pub trait DeviceEncoding: Encoding + Sized {
    /// The encoding on a device.
    type Tensors: Clone + Send;

    /// The dimension of its vectors, `d_query`.
    fn dim(&self) -> usize;

    /// The searching module that gives the frozen encoder's own ranking: the baseline of every trained module. `None`
    /// where the encoding has no vector in the item space of dimension `item_dim`.
    fn identity(&self, item_dim: usize) -> Option<Box<dyn PersistentModule<Self>>>;

    /// The kinds of module that read this encoding. Default: [`Registry::empty`], with averages and interpolations
    /// alone.
    fn registry() -> Registry<Self>
    where
        Self: 'static,
    {
        Registry::empty()
    }

    /// The rows of both encodings, those of `self` first.
    ///
    /// # Errors
    /// [`Error::Core`] when the dimensions differ.
    fn join(&self, other: &Self) -> Result<Self, Error>;

    /// Copies the encoding to a device.
    fn to_tensors(&self, device: &Device) -> Self::Tensors;

    /// The given rows, in the given order. Each is below [`Encoding::rows`].
    fn select(tensors: &Self::Tensors, rows: &[usize]) -> Self::Tensors;

    /// The largest number of rows that may be mapped at once. It bounds the memory for any number of rows. Default:
    /// 8192.
    fn rows_at_once(&self) -> usize {
        8192
    }

    /// The number of components of its largest tensor, which must fit on a device. Default: rows × dimension.
    fn largest_part(&self) -> usize {
        self.rows().saturating_mul(self.dim())
    }
}

impl DeviceEncoding for Embeddings {
    type Tensors = Tensor<2>;

    fn dim(&self) -> usize {
        Embeddings::dim(self)
    }

    fn identity(&self, item_dim: usize) -> Option<Box<dyn PersistentModule>> {
        (self.dim() == item_dim).then(|| Box::new(Identity::new(item_dim)) as _)
    }

    fn registry() -> Registry {
        Registry::default()
    }

    fn join(&self, other: &Self) -> Result<Self, Error> {
        ess_core::Error::check_dim("embeddings that are joined", self.dim(), other.dim())?;
        Ok(Self::from_vec([self.as_slice(), other.as_slice()].concat(), self.dim())?)
    }

    fn to_tensors(&self, device: &Device) -> Tensor<2> {
        Tensor::from_data(TensorData::new(self.as_slice().to_vec(), [self.len(), self.dim()]), device)
    }

    fn select(tensors: &Tensor<2>, rows: &[usize]) -> Tensor<2> {
        let rows = rows.iter().map(|&row| row as i64).collect();
        tensors.clone().select(0, indices(rows, &tensors.device()))
    }
}
