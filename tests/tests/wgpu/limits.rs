//! What is larger than the device can hold at once is cut, or refused with the way out.

use burn::tensor::{Tensor, TensorData};
use ess_core::{Embeddings, Index};
use ess_search::{DeviceEncoding, DeviceIndex, embeddings_from_tensor, largest_tensor};
use ess_train::{Items, Judgement, LossConfig};

use crate::{
    agreement::{COMPUTED, close},
    devices::{cpu, gpu},
    task::embeddings,
};

/// One number more than a tensor may have, for devices on which that is no gigabyte.
fn too_many() -> Option<usize> {
    let largest = largest_tensor(&gpu());
    assert!(largest >= 1 << 24, "a device of WebGPU holds at least 128 MiB in one buffer, found {largest}");
    (largest <= 1 << 26).then_some(largest + 1)
}

#[test]
fn a_tensor_that_is_too_large_is_an_error() {
    let Some(count) = too_many() else { return };
    let tensor = Tensor::<2>::from_data(TensorData::new(vec![0.5_f32; count], [count, 1]), &gpu());
    let error = embeddings_from_tensor(tensor * 2.0).unwrap_err().to_string();
    assert!(error.contains("device"), "{error}");
}
