//! Affine modules of any kind as one layer.

use ess_core::{Embeddings, SearchModule};
use ndarray::{Array2, Axis};

use super::layer::{DenseActivation, DenseLayer};
use crate::error::Error;

/// The number of vectors on which the layer is compared with the module.
const PROBES: usize = 8;
/// The allowed difference of outputs, relative to the largest component.
const TOLERANCE: f32 = 1e-4;

/// The layer that equals an affine module. `b` is the output for the zero vector, and the rows of `W` are the outputs
/// for the unit vectors, minus `b`.
pub(super) fn of(module: &dyn SearchModule, kind: &str) -> Result<DenseLayer, Error> {
    let dim = module.query_dim();
    let zero = module.apply(&Embeddings::new(Array2::zeros((1, dim)))?)?;
    let bias = zero.row(0).to_vec();
    let units = module.apply(&Embeddings::new(Array2::eye(dim))?)?.into_matrix();
    let weight = &units - &zero.view();
    let probes = Embeddings::new(Array2::from_shape_fn((PROBES, dim), |(row, column)| {
        // Vectors in general position.
        ((row * dim + column + 1) as f32 * 0.618_034).fract() - 0.5
    }))?;
    let found = module.apply(&probes)?;
    let expected = probes.view().dot(&weight) + zero.view();
    let largest = expected.iter().fold(1e-3_f32, |most, x| most.max(x.abs()));
    let affine = (&expected - &found.view()).iter().all(|error| error.abs() <= TOLERANCE * largest);
    if !affine {
        let reason = "it is neither affine nor an MLP";
        return Err(Error::NotExpressible { kind: kind.to_owned(), reason });
    }
    let bias = bias.iter().any(|&x| x != 0.0).then_some(bias);
    DenseLayer::new(weight, bias, DenseActivation::Identity)
}

/// The product of layers without activations.
pub(super) fn product(layers: &[DenseLayer]) -> Result<DenseLayer, Error> {
    let mut weight = layers[0].weight.clone();
    let mut bias = Array2::from_shape_vec((1, layers[0].out_features()), layers[0].bias_or_zeros());
    for layer in &layers[1..] {
        weight = weight.dot(&layer.weight);
        bias = bias.map(|bias| bias.dot(&layer.weight) + &ndarray::Array1::from(layer.bias_or_zeros()));
    }
    let bias = bias.map(|bias| bias.index_axis(Axis(0), 0).to_vec()).unwrap_or_default();
    let bias = layers.iter().any(|layer| layer.bias.is_some()).then_some(bias);
    DenseLayer::new(weight, bias, DenseActivation::Identity)
}
