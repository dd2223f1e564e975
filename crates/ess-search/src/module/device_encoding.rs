//! Encodings as tensors on a device.

use burn::tensor::{Device, Tensor, TensorData};
use ess_core::{Embeddings, Encoding, Identity};

use super::{persistent::PersistentModule, registry::Registry};
use crate::{device::host_copy::indices, error::Error};

/// An encoding that can be put on a device for a trainable module to read.
///
/// [`Embeddings`] become a `Tensor<2>` of `n × d`, [`TokenStates`](ess_core::TokenStates) become
/// [`TokenTensors`](crate::TokenTensors). A richer encoding of yours brings its own tensors.
pub trait DeviceEncoding: Encoding + Sized {
    /// The encoding on a device.
    type Tensors: Clone + Send;

    /// The dimension of its vectors, `d_query`.
    fn dim(&self) -> usize;

    /// The searching module that ranks as the frozen encoder does, where the encoding has a vector in the item
    /// space: the baseline of every trained module.
    fn identity(&self, item_dim: usize) -> Option<Box<dyn PersistentModule<Self>>>;

    /// The kinds of module of this crate that read it. Default: none but those that average and interpolate others.
    fn registry() -> Registry<Self>
    where
        Self: 'static,
    {
        Registry::empty()
    }

    /// The rows of both, these first.
    ///
    /// # Errors
    /// [`Error::Core`] when the dimensions differ.
    fn join(&self, other: &Self) -> Result<Self, Error>;

    /// Copies the encoding to a device.
    fn to_tensors(&self, device: &Device) -> Self::Tensors;

    /// The named rows, in the order given; each is below [`Encoding::rows`].
    fn select(tensors: &Self::Tensors, rows: &[usize]) -> Self::Tensors;

    /// How many rows may go through a module at once, so that memory stays bounded for any number of them.
    /// Default: 8192.
    fn rows_at_once(&self) -> usize {
        8192
    }

    /// The numbers in the largest of its tensors, by which is seen whether a device can hold them all.
    /// Default: rows × dimension.
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
