//! A module's tensors as the bytes of a safetensors file, in `f32`.

use std::{collections::BTreeMap, path::Path};

use safetensors::{Dtype, SafeTensorError, SafeTensors, tensor::TensorView};

use super::state::HostTensor;
use crate::error::Error;

/// The bytes of the file.
pub(super) fn to_bytes(tensors: &BTreeMap<String, HostTensor>) -> Result<Vec<u8>, Error> {
    let little_endian = |tensor: &HostTensor| tensor.values().iter().flat_map(|x| x.to_le_bytes()).collect();
    let bytes: Vec<Vec<u8>> = tensors.values().map(little_endian).collect();
    let failed = |error: SafeTensorError| Error::Device { message: error.to_string() };
    let views = tensors
        .iter()
        .zip(&bytes)
        .map(|((name, tensor), bytes)| {
            Ok((name, TensorView::new(Dtype::F32, tensor.shape().to_vec(), bytes)?))
        })
        .collect::<Result<Vec<_>, _>>()
        .map_err(failed)?;
    safetensors::serialize(views, None).map_err(failed)
}

/// The tensors in the bytes of the file at `path`.
pub(super) fn from_bytes(path: &Path, bytes: &[u8]) -> Result<BTreeMap<String, HostTensor>, Error> {
    let tensors =
        SafeTensors::deserialize(bytes).map_err(|error| Error::format(path, "a safetensors file", error))?;
    let mut read = BTreeMap::new();
    for (name, view) in tensors.tensors() {
        if view.dtype() != Dtype::F32 {
            let expected = format!("f32 in tensor {name:?}");
            return Err(Error::format(path, &expected, format_args!("{:?}", view.dtype())));
        }
        let values = view.data().as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        let tensor = HostTensor::new(&name, view.shape().to_vec(), values)?;
        read.insert(name, tensor);
    }
    Ok(read)
}
