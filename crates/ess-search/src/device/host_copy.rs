//! Copies between a device and host memory.

use burn::tensor::{Device, Int, Tensor, TensorData};
use ess_core::Embeddings;

use crate::error::Error;

/// Copies an `n × d` tensor from its device to host memory.
///
/// # Errors
/// [`Error::Device`] when the device fails; [`Error::Core`] for a NaN or an infinity.
pub fn embeddings_from_tensor(tensor: Tensor<2>) -> Result<Embeddings, Error> {
    let [_, dim] = tensor.dims();
    Ok(Embeddings::from_vec(values_of(tensor)?, dim)?)
}

/// The values of a tensor, row-major.
pub(crate) fn values_of<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, Error> {
    let data = tensor.try_into_data().map_err(Error::of_device)?;
    data.try_to_vec::<f32>().map_err(Error::of_device)
}

/// Indices of rows on a device.
pub(crate) fn indices(rows: Vec<i64>, device: &Device) -> Tensor<1, Int> {
    let count = rows.len();
    Tensor::from_data(TensorData::new(rows, [count]), device)
}
