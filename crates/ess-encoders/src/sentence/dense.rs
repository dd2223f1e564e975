//! A dense layer behind the pooling.

use serde::{Deserialize, Serialize};

use crate::{
    compute::host::{dense_rows, elementwise::gelu},
    error::Error,
    model::{folder::ModelFolder, settings::sentence},
    weights::Weights,
};

/// `activation(x Wᵀ + b)`, to which the input may be added.
pub(crate) struct Dense {
    pub(crate) weight: Vec<f32>,
    pub(crate) bias: Vec<f32>,
    pub(crate) activation: DenseActivation,
    pub(crate) residual: Residual,
}

/// What is added to the output of a dense layer.
pub(crate) enum Residual {
    None,
    /// The input.
    Input,
    /// `x Rᵀ`, where input and output have different sizes.
    Mapped(Vec<f32>),
}

/// The function behind a dense layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DenseActivation {
    /// None.
    Identity,
    /// `tanh(x)`.
    Tanh,
    /// `max(x, 0)`.
    Relu,
    /// `1 / (1 + exp(−x))`.
    Sigmoid,
    /// `x Φ(x)`.
    Gelu,
    /// `x / (1 + exp(−x))`.
    Silu,
}

// PyTorch's classes, without their modules.
const ACTIVATIONS: [(&str, DenseActivation); 6] = [
    ("Identity", DenseActivation::Identity),
    ("Tanh", DenseActivation::Tanh),
    ("ReLU", DenseActivation::Relu),
    ("Sigmoid", DenseActivation::Sigmoid),
    ("GELU", DenseActivation::Gelu),
    ("SiLU", DenseActivation::Silu),
];

#[derive(Deserialize)]
struct DenseConfig {
    in_features: usize,
    out_features: usize,
    #[serde(default = "yes")]
    bias: bool,
    #[serde(default = "tanh")]
    activation_function: String,
    #[serde(default)]
    use_residual: bool,
}

fn yes() -> bool {
    true
}

fn tanh() -> String {
    "torch.nn.modules.activation.Tanh".to_owned()
}

impl Dense {
    pub(super) fn read(folder: &ModelFolder, dim: usize) -> Result<Self, Error> {
        let config: DenseConfig = folder.settings("config.json", &sentence::DENSE)?;
        folder.check_dim("in_features", dim, config.in_features)?;
        let weights = Weights::open(folder)?;
        let used = [
            ("linear.weight", true),
            ("linear.bias", config.bias),
            ("residual.weight", config.use_residual && config.out_features != dim),
        ];
        let used: Vec<_> = used.into_iter().filter(|(_, used)| *used).map(|(name, _)| name).collect();
        weights.expect_only(&used)?;
        let bias = if config.bias {
            weights.read("linear.bias", &[config.out_features])?
        } else {
            // A layer whose weight has the wrong size must fail before its size is believed.
            weights.read("linear.weight", &[config.out_features, dim])?;
            vec![0.0; config.out_features]
        };
        let residual = match config.use_residual {
            false => Residual::None,
            true if config.out_features == dim => Residual::Input,
            true => Residual::Mapped(weights.read("residual.weight", &[config.out_features, dim])?),
        };
        Ok(Self {
            weight: weights.read("linear.weight", &[config.out_features, dim])?,
            bias,
            activation: activation(folder, &config.activation_function)?,
            residual,
        })
    }

    pub(super) fn apply(&self, vectors: &[f32], dim: usize) -> Vec<f32> {
        let mut mapped = dense_rows(vectors, dim, &self.weight, &self.bias);
        self.activation.apply(&mut mapped);
        let mut add = |residual: &[f32]| mapped.iter_mut().zip(residual).for_each(|(sum, x)| *sum += x);
        match &self.residual {
            Residual::None => {}
            Residual::Input => add(vectors),
            Residual::Mapped(weight) => add(&dense_rows(vectors, dim, weight, &vec![0.0; self.bias.len()])),
        }
        mapped
    }
}

impl DenseActivation {
    fn apply(self, values: &mut [f32]) {
        match self {
            Self::Identity => {}
            Self::Gelu => values.iter_mut().for_each(|x| *x = gelu(*x)),
            Self::Tanh => values.iter_mut().for_each(|x| *x = x.tanh()),
            Self::Relu => values.iter_mut().for_each(|x| *x = x.max(0.0)),
            Self::Sigmoid => values.iter_mut().for_each(|x| *x = 1.0 / (1.0 + (-*x).exp())),
            Self::Silu => values.iter_mut().for_each(|x| *x /= 1.0 + (-*x).exp()),
        }
    }
}

fn activation(folder: &ModelFolder, class: &str) -> Result<DenseActivation, Error> {
    let known = class.strip_prefix("torch.").and_then(|class| {
        let name = class.rsplit('.').next();
        ACTIVATIONS.iter().find(|(known, _)| Some(*known) == name).map(|(_, activation)| *activation)
    });
    known.ok_or_else(|| {
        let names = ACTIVATIONS.map(|(name, _)| name).join(", ");
        let expected = format!("a class of torch: {names}");
        Error::config(&folder.file("config.json"), "activation_function", expected, class)
    })
}
