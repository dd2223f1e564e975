//! Searching modules as dense layers, and back.

use std::collections::BTreeMap;

use burn::tensor::Device;
use ndarray::Array2;

use super::{
    affine,
    layer::{DenseActivation, DenseLayer},
    layers::DenseLayers,
    residual,
};
use crate::{
    error::Error,
    kinds::{
        fixed::MATRIX,
        linear::{Linear, LinearConfig},
        mlp::{Activation, Mlp, MlpConfig},
    },
    module::{persistent::PersistentModule, registry::Registry, trainable::TrainableModule},
    store::{
        soup::is_memory,
        state::{HostTensor, ModuleDescription, ModuleState},
    },
};

impl DenseLayers {
    /// The layers of a module.
    ///
    /// # Errors
    /// [`Error::NotExpressible`] for a module that is neither affine nor an MLP of GELU or ReLU.
    pub fn from_module(module: &dyn PersistentModule) -> Result<Self, Error> {
        let state = module.to_state()?;
        if state.tensors.keys().any(|name| is_memory(name)) {
            let reason = "a memory is not affine, though far from its keys it looks so";
            return Err(Error::NotExpressible { kind: state.description.kind, reason });
        }
        if state.description.kind == Mlp::KIND {
            return residual::of_mlp(&state);
        }
        Self::new(vec![affine::of(module, &state.description.kind)?])
    }

    /// The searching module: a matrix or a linear module where no layer has an activation, and an MLP otherwise.
    ///
    /// # Errors
    /// [`Error::NotExpressible`] for an activation after the last layer, for different activations between layers,
    /// and for tanh where `d_query = d_item`, because an MLP is residual there.
    pub fn to_module(&self, device: &Device) -> Result<Box<dyn PersistentModule>, Error> {
        Registry::default().build(&self.to_state()?, device)
    }

    fn to_state(&self) -> Result<ModuleState, Error> {
        let refuse = |reason| Err(Error::NotExpressible { kind: "dense layers".to_owned(), reason });
        let (last, hidden) =
            self.layers.split_last().ok_or(ess_core::Error::Empty { what: "dense layers" })?;
        if last.activation != DenseActivation::Identity {
            return refuse("the last layer has an activation, which no searching module has");
        }
        if hidden.iter().all(|layer| layer.activation == DenseActivation::Identity) {
            return affine_state(&affine::product(&self.layers)?);
        }
        let activation = hidden[0].activation;
        if hidden.iter().any(|layer| layer.activation != activation) {
            return refuse("its layers have different activations");
        }
        let activation = match activation {
            DenseActivation::Gelu => Activation::Gelu,
            DenseActivation::Relu => Activation::Relu,
            DenseActivation::Tanh => Activation::Tanh,
            DenseActivation::Identity => return refuse("its layers have different activations"),
        };
        let (layers, skip) = residual::without_pass(&self.layers)?;
        mlp_state(&layers, skip, activation)
    }
}

fn affine_state(layer: &DenseLayer) -> Result<ModuleState, Error> {
    let (query_dim, item_dim) = (layer.in_features(), layer.out_features());
    let Some(bias) = &layer.bias else {
        let tensors = BTreeMap::from([matrix("weight", &layer.weight)?]);
        let (kind, config) = (MATRIX.to_owned(), serde_json::json!({}));
        return Ok(ModuleState {
            description: ModuleDescription { kind, query_dim, item_dim, config },
            tensors,
        });
    };
    let mut weight = layer.weight.clone();
    if query_dim == item_dim {
        // A linear module is residual where the dimensions agree.
        weight -= &Array2::<f32>::eye(item_dim);
    }
    let tensors = BTreeMap::from([matrix("weight", &weight)?, vector("bias", bias)?]);
    state::<Linear>(&LinearConfig::new(query_dim, item_dim), tensors)
}

fn mlp_state(
    layers: &[DenseLayer],
    skip: Option<Array2<f32>>,
    activation: Activation,
) -> Result<ModuleState, Error> {
    let mut tensors = BTreeMap::new();
    for (at, layer) in layers.iter().enumerate() {
        tensors.extend([matrix(&format!("layers.{at}.weight"), &layer.weight)?]);
        tensors.extend([vector(&format!("layers.{at}.bias"), &layer.bias_or_zeros())?]);
    }
    if let Some(skip) = skip {
        tensors.extend([matrix("skip", &skip)?]);
    }
    let (first, last) = (&layers[0], &layers[layers.len() - 1]);
    let hidden = layers[..layers.len() - 1].iter().map(DenseLayer::out_features).collect();
    let config = MlpConfig::new(first.in_features(), last.out_features());
    state::<Mlp>(&MlpConfig { hidden, activation, ..config }, tensors)
}

fn state<M: TrainableModule>(
    config: &M::Config,
    tensors: BTreeMap<String, HostTensor>,
) -> Result<ModuleState, Error> {
    let module = M::init(config, &Device::flex())?;
    let (query_dim, item_dim, kind) = (module.query_dim(), module.item_dim(), M::KIND.to_owned());
    let config = serde_json::to_value(module.config())
        .map_err(|cause| Error::ConfigSyntax { kind: kind.clone(), cause })?;
    Ok(ModuleState { description: ModuleDescription { kind, query_dim, item_dim, config }, tensors })
}

fn matrix(name: &str, matrix: &Array2<f32>) -> Result<(String, HostTensor), Error> {
    let shape = vec![matrix.nrows(), matrix.ncols()];
    Ok((name.to_owned(), HostTensor::new(name, shape, matrix.iter().copied().collect())?))
}

fn vector(name: &str, values: &[f32]) -> Result<(String, HostTensor), Error> {
    Ok((name.to_owned(), HostTensor::new(name, vec![values.len()], values.to_vec())?))
}
