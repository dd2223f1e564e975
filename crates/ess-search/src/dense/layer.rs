//! One `Dense` layer.

use ndarray::{Array2, ArrayView2};

use crate::{error::Error, store::state::HostTensor};

/// The activation of a [`DenseLayer`], applied after the bias.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DenseActivation {
    /// None.
    #[default]
    Identity,
    /// Hyperbolic tangent, the default of sentence-transformers.
    Tanh,
    /// Rectified linear unit.
    Relu,
    /// Gaussian error linear unit, in its exact form.
    Gelu,
}

impl DenseActivation {
    const NAMES: [(Self, &'static str); 4] = [
        (Self::Identity, "torch.nn.modules.linear.Identity"),
        (Self::Tanh, "torch.nn.modules.activation.Tanh"),
        (Self::Relu, "torch.nn.modules.activation.ReLU"),
        (Self::Gelu, "torch.nn.modules.activation.GELU"),
    ];

    /// The PyTorch class of this activation.
    pub fn torch_name(self) -> &'static str {
        Self::NAMES.iter().find(|(activation, _)| *activation == self).map_or("", |(_, name)| name)
    }

    /// The activation of a PyTorch class. `None` for other classes.
    pub(super) fn from_torch_name(name: &str) -> Option<Self> {
        // torch.nn has them too.
        let class = |name: &'_ str| name.rsplit('.').next().map(str::to_owned);
        let torch = name.strip_prefix("torch.")?;
        Self::NAMES.iter().find(|(_, known)| class(known) == class(torch)).map(|(activation, _)| *activation)
    }

    /// The supported PyTorch classes, for error messages.
    pub(super) fn known() -> String {
        Self::NAMES.map(|(_, name)| name).join(", ")
    }
}

/// `activation(x W + b)`. `W` is `in × out`; files contain its transpose, as in PyTorch.
#[derive(Clone, Debug, PartialEq)]
pub struct DenseLayer {
    pub(super) weight: Array2<f32>,
    pub(super) bias: Option<Vec<f32>>,
    pub(super) activation: DenseActivation,
}

impl DenseLayer {
    /// A layer with these parameters: `W` is `in × out`, and `b` has `out` components.
    ///
    /// # Errors
    /// [`Error::TensorShape`] for a bias of another length, [`Error::NonFiniteTensor`] for a NaN or an infinity,
    /// [`Error::Core`] for a matrix without cells.
    pub fn new(
        weight: Array2<f32>,
        bias: Option<Vec<f32>>,
        activation: DenseActivation,
    ) -> Result<Self, Error> {
        if weight.is_empty() {
            return Err(ess_core::Error::Empty { what: "cells of a dense layer" }.into());
        }
        HostTensor::new("weight", vec![weight.nrows(), weight.ncols()], weight.iter().copied().collect())?;
        if let Some(bias) = &bias {
            HostTensor::new("bias", vec![weight.ncols()], bias.clone())?;
        }
        Ok(Self { weight, bias, activation })
    }

    /// The input dimension.
    pub fn in_features(&self) -> usize {
        self.weight.nrows()
    }

    /// The output dimension.
    pub fn out_features(&self) -> usize {
        self.weight.ncols()
    }

    /// `W`, `in × out`.
    pub fn weight(&self) -> ArrayView2<'_, f32> {
        self.weight.view()
    }

    /// `b`, with `out` components. `None` for a layer without bias.
    pub fn bias(&self) -> Option<&[f32]> {
        self.bias.as_deref()
    }

    /// Its activation.
    pub fn activation(&self) -> DenseActivation {
        self.activation
    }

    pub(super) fn bias_or_zeros(&self) -> Vec<f32> {
        self.bias.clone().unwrap_or_else(|| vec![0.0; self.out_features()])
    }
}
