//! The residual connection of an MLP as wider hidden layers, and back.

use ndarray::{Array2, concatenate, s};

use super::{
    layer::{DenseActivation, DenseLayer},
    layers::DenseLayers,
};
use crate::{
    error::Error,
    kinds::mlp::{Activation, Mlp, MlpConfig},
    module::trainable::TrainableModule,
    store::state::{HostTensor, ModuleState},
};

/// The layers of a saved MLP.
pub(super) fn of_mlp(state: &ModuleState) -> Result<DenseLayers, Error> {
    let config: MlpConfig = state.parse_config()?;
    let activation = match config.activation {
        Activation::Gelu => DenseActivation::Gelu,
        Activation::Relu => DenseActivation::Relu,
        Activation::Tanh => return Err(tanh(Mlp::KIND)),
    };
    let weights =
        state.tensors.keys().filter(|name| name.starts_with("layers.") && name.ends_with(".weight"));
    let count = weights.count();
    let mut layers = Vec::with_capacity(count);
    for at in 0..count {
        let weight = matrix(state, &format!("layers.{at}.weight"))?;
        let bias = tensor(state, &format!("layers.{at}.bias"))?.values().to_vec();
        let activation = if at + 1 < count { activation } else { DenseActivation::Identity };
        layers.push(DenseLayer::new(weight, Some(bias), activation)?);
    }
    let skip = match state.tensors.contains_key("skip") {
        true => matrix(state, "skip")?,
        false => Array2::eye(state.description.query_dim),
    };
    with_pass(&layers, &skip)
}

fn tensor<'a>(state: &'a ModuleState, name: &str) -> Result<&'a HostTensor, Error> {
    state.tensors.get(name).ok_or_else(|| Error::TensorNames {
        kind: Mlp::KIND.to_owned(),
        expected: vec![name.to_owned()],
        found: state.tensors.keys().cloned().collect(),
    })
}

fn matrix(state: &ModuleState, name: &str) -> Result<Array2<f32>, Error> {
    let found = tensor(state, name)?;
    let refuse = |expected: Vec<usize>| Error::TensorShape {
        name: name.to_owned(),
        expected,
        found: found.shape().to_vec(),
    };
    let &[rows, columns] = found.shape() else { return Err(refuse(vec![0, 0])) };
    Array2::from_shape_vec((rows, columns), found.values().to_vec()).map_err(|_| refuse(vec![rows, columns]))
}

/// Layers that add `skip(x)` to their output. `x` passes through the hidden layers as `activation(x)` and
/// `activation(−x)`, whose difference is `x`.
fn with_pass(layers: &[DenseLayer], skip: &Array2<f32>) -> Result<DenseLayers, Error> {
    let dim = layers[0].in_features();
    let last = layers.len() - 1;
    let mut widened = Vec::with_capacity(layers.len());
    for (at, layer) in layers.iter().enumerate() {
        let (rows, columns) = layer.weight.dim();
        let pass = |height: usize, width: usize| Array2::<f32>::zeros((height, width));
        let (mut weight, mut bias) = (layer.weight.clone(), layer.bias_or_zeros());
        if at > 0 {
            weight = concatenate![ndarray::Axis(0), weight, pass(2 * dim, columns)];
        }
        if at == last {
            weight.slice_mut(s![rows..rows + dim, ..]).assign(skip);
            weight.slice_mut(s![rows + dim.., ..]).assign(&skip.mapv(|x| -x));
        } else {
            let height = weight.nrows();
            weight = concatenate![ndarray::Axis(1), weight, pass(height, 2 * dim)];
            weight.slice_mut(s![height - in_pass(at, dim).., columns..]).assign(&pass_block(at, dim));
            bias.extend(std::iter::repeat_n(0.0, 2 * dim));
        }
        widened.push(DenseLayer::new(weight, Some(bias), layer.activation)?);
    }
    DenseLayers::new(widened)
}

/// The number of input rows of a layer that carry the residual connection: `x` in the first layer, `x` and `−x` in
/// the others.
fn in_pass(at: usize, dim: usize) -> usize {
    if at == 0 { dim } else { 2 * dim }
}

/// `[I, −I]` in the first layer. In later layers, the same map of the difference of both halves.
fn pass_block(at: usize, dim: usize) -> Array2<f32> {
    let eye = Array2::<f32>::eye(dim);
    let first = concatenate![ndarray::Axis(1), eye, eye.mapv(|x| -x)];
    if at == 0 { first } else { concatenate![ndarray::Axis(0), first, first.mapv(|x| -x)] }
}

/// The layers of an MLP and its skip. The widening of [`with_pass`] is undone. Layers without it get a zero skip
/// where the dimensions differ. Where they agree, an MLP is always residual, and a pass that subtracts the query is
/// added.
pub(super) fn without_pass(layers: &[DenseLayer]) -> Result<(Vec<DenseLayer>, Option<Array2<f32>>), Error> {
    let (dim, item_dim) = (layers[0].in_features(), layers[layers.len() - 1].out_features());
    if let Some((narrow, skip)) = recognised(layers) {
        let residual = dim == item_dim;
        if !residual {
            return Ok((narrow, Some(skip)));
        }
        if skip == Array2::<f32>::eye(dim) {
            return Ok((narrow, None));
        }
    }
    if dim != item_dim {
        return Ok((layers.to_vec(), Some(Array2::zeros((dim, item_dim)))));
    }
    if layers[0].activation == DenseActivation::Tanh {
        return Err(tanh("dense layers"));
    }
    Ok((with_pass(layers, &Array2::from_diag_elem(dim, -1.0))?.layers, None))
}

fn recognised(layers: &[DenseLayer]) -> Option<(Vec<DenseLayer>, Array2<f32>)> {
    let dim = layers[0].in_features();
    let last = layers.len() - 1;
    let mut narrow = Vec::with_capacity(layers.len());
    for (at, layer) in layers[..last].iter().enumerate() {
        let rows = layer.in_features().checked_sub(if at == 0 { 0 } else { 2 * dim })?;
        let columns = layer.out_features().checked_sub(2 * dim).filter(|&columns| columns > 0)?;
        let height = layer.in_features();
        let mut expected = Array2::<f32>::zeros((height, 2 * dim));
        expected.slice_mut(s![height - in_pass(at, dim).., ..]).assign(&pass_block(at, dim));
        let bias = layer.bias_or_zeros();
        let passes = layer.weight.slice(s![.., columns..]) == expected
            && (at == 0 || layer.weight.slice(s![rows.., ..columns]).iter().all(|&x| x == 0.0))
            && bias[columns..].iter().all(|&x| x == 0.0);
        if !passes {
            return None;
        }
        let weight = layer.weight.slice(s![..rows, ..columns]).to_owned();
        narrow.push(DenseLayer::new(weight, Some(bias[..columns].to_vec()), layer.activation).ok()?);
    }
    let layer = &layers[last];
    let rows = layer.in_features().checked_sub(2 * dim)?;
    let skip = layer.weight.slice(s![rows..rows + dim, ..]).to_owned();
    if layer.weight.slice(s![rows + dim.., ..]) != skip.mapv(|x| -x) {
        return None;
    }
    let weight = layer.weight.slice(s![..rows, ..]).to_owned();
    narrow.push(DenseLayer::new(weight, Some(layer.bias_or_zeros()), layer.activation).ok()?);
    Some((narrow, skip))
}

fn tanh(kind: &str) -> Error {
    let reason = "the query that is added to its output cannot go through tanh; GELU and ReLU let it";
    Error::NotExpressible { kind: kind.to_owned(), reason }
}
