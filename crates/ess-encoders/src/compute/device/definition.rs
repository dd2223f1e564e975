//! One of Burn's devices to compute with.

use burn::{
    module::Param,
    tensor::{Device, Int, Tensor, TensorData},
};

use crate::transformer::token_batch::TokenBatch;

/// Computes with Burn tensors on one device.
#[derive(Clone, Debug)]
pub(crate) struct DeviceCompute {
    pub(super) device: Device,
}

pub(super) type Matrix = Param<Tensor<2>>;
pub(super) type Vector = Param<Tensor<1>>;

impl DeviceCompute {
    pub(crate) fn new(device: Device) -> Self {
        Self { device }
    }

    pub(crate) fn device(&self) -> &Device {
        &self.device
    }

    pub(super) fn indices(&self, indices: impl IntoIterator<Item = i64>) -> Tensor<1, Int> {
        let indices: Vec<_> = indices.into_iter().collect();
        let length = indices.len();
        Tensor::from_data(TensorData::new(indices, [length]), &self.device)
    }

    /// One row of `half` values for each token, by its position in its text.
    pub(super) fn by_position(&self, values: Vec<f32>, half: usize, batch: &TokenBatch) -> Tensor<2> {
        let positions = self.indices(batch.ranges().flat_map(|range| 0..range.len() as i64));
        let rows = values.len() / half.max(1);
        Tensor::<2>::from_data(TensorData::new(values, [rows, half]), &self.device).select(0, positions)
    }
}
