//! The layers behind the pooling as a part of what is trained.

use burn::{
    module::Param,
    tensor::{Tensor, activation},
};

use super::{dense::DenseActivation, upper_layers_config::HeadLayer};
use crate::{
    compute::device::definition::DeviceCompute,
    transformer::{
        definition::{Linear, Norm},
        operations::Compute,
    },
};

type Matrix = Param<Tensor<2>>;
type Vector = Param<Tensor<1>>;

/// The layers, and the weights of each kind of them in their order.
pub(super) struct UpperHead<'m> {
    pub(super) layers: &'m [HeadLayer],
    pub(super) dense: &'m [Linear<Matrix, Vector>],
    pub(super) norms: &'m [Norm<Vector>],
    /// Of the dense layers that add their input through a matrix.
    pub(super) residuals: &'m [Matrix],
}

impl UpperHead<'_> {
    /// `n × pooled` to `n × d_item`.
    pub(super) fn forward(&self, compute: &DeviceCompute, mut vectors: Tensor<2>) -> Tensor<2> {
        let (mut dense, mut norms) = (self.dense.iter(), self.norms.iter());
        let mut residuals = self.residuals.iter();
        for layer in self.layers {
            vectors = match layer {
                HeadLayer::Dense { activation, residual, dim } => match dense.next() {
                    Some(linear) => {
                        let mapped = activate(compute.project(&vectors, linear), *activation);
                        match residual {
                            false => mapped,
                            true if vectors.dims()[1] == *dim => mapped + vectors,
                            true => match residuals.next() {
                                Some(weight) => mapped + vectors.matmul(weight.val().transpose()),
                                None => mapped,
                            },
                        }
                    }
                    None => vectors,
                },
                HeadLayer::LayerNorm => match norms.next() {
                    Some(norm) => compute.normalize(vectors, norm),
                    None => vectors,
                },
                HeadLayer::Normalize => {
                    // Bounded before the root, whose derivative at 0 has no end.
                    let squares = (vectors.clone() * vectors.clone()).sum_dim(1);
                    vectors / squares.clamp_min(f32::MIN_POSITIVE).sqrt()
                }
                HeadLayer::Truncate { dim } => {
                    let kept = vectors.dims()[1].min(*dim);
                    vectors.slice_dim(1, 0..kept)
                }
            };
        }
        vectors
    }
}

fn activate(values: Tensor<2>, function: DenseActivation) -> Tensor<2> {
    match function {
        DenseActivation::Identity => values,
        DenseActivation::Tanh => values.tanh(),
        DenseActivation::Relu => activation::relu(values),
        DenseActivation::Sigmoid => activation::sigmoid(values),
        DenseActivation::Gelu => activation::gelu(values),
        DenseActivation::Silu => activation::silu(values),
    }
}
