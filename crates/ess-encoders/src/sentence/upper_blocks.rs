//! The upper blocks of a loaded transformer, to be trained.

use burn::{
    module::Param,
    tensor::{Device, Tensor},
};

use super::engine::Engine;
use crate::{
    compute::{
        device::definition::DeviceCompute,
        host::{
            memory::{HostMatrix, HostVector},
            weight::HostWeight,
        },
    },
    transformer::{definition::Block, operations::Compute},
};

type Matrix = Param<Tensor<2>>;
type Vector = Param<Tensor<1>>;

impl Engine {
    /// The blocks from `layer` on and the relative positions, as Burn parameters on a device.
    pub(super) fn blocks_from(
        &self,
        layer: usize,
        device: &Device,
    ) -> (Vec<Block<Matrix, Vector>>, Option<Matrix>) {
        let compute = DeviceCompute::new(device.clone());
        match self {
            Self::Host(_, transformer) => {
                let matrix = |m: &HostMatrix| compute.matrix(m.values.clone(), [m.rows(), m.columns]);
                let weight = |w: &HostWeight| {
                    let (values, shape) = w.to_rows();
                    compute.weight(values, shape)
                };
                let vector = |v: &HostVector| compute.vector(v.0.clone());
                let blocks = transformer.blocks[layer..].iter().map(|block| block.map(weight, vector));
                (blocks.collect(), transformer.relative_positions.as_ref().map(matrix))
            }
            Self::Device(engine) => {
                let matrix = |m: &Matrix| Param::from_tensor(m.val().to_device(device));
                let vector = |v: &Vector| Param::from_tensor(v.val().to_device(device));
                let transformer = &engine.transformer;
                let blocks = transformer.blocks[layer..].iter().map(|block| block.map(matrix, vector));
                (blocks.collect(), transformer.relative_positions.as_ref().map(matrix))
            }
        }
    }
}
