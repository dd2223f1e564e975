//! A searching module with hidden layers.

use burn::{
    module::{Module, Param},
    tensor::{
        Device, Tensor,
        activation::{gelu, relu, tanh},
        module::linear,
    },
};
use ess_core::Embeddings;
use serde::{Deserialize, Serialize};

use crate::{
    blocks::{
        init::Init,
        skip::{skip_weight, skipped},
    },
    error::Error,
    module::{
        config::{ModuleConfig, is_open, module_config, said_by_config},
        noise::Noise,
        trainable::{MAX_DIM, MAX_PARAMETERS, TrainableModule, check_dim},
    },
};

/// The non-linearity between the layers of an [`Mlp`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// Gaussian error linear unit.
    #[default]
    Gelu,
    /// Rectified linear unit.
    Relu,
    /// Hyperbolic tangent.
    Tanh,
}

impl Activation {
    fn apply(self, hidden: Tensor<2>) -> Tensor<2> {
        match self {
            Self::Gelu => gelu(hidden),
            Self::Relu => relu(hidden),
            Self::Tanh => tanh(hidden),
        }
    }
}

/// The config of an [`Mlp`] module.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MlpConfig {
    /// `d_query`.
    #[serde(skip_serializing_if = "is_open")]
    pub query_dim: usize,
    /// `d_item`.
    #[serde(skip_serializing_if = "is_open")]
    pub item_dim: usize,
    /// The width of each hidden layer, in the order from query to item; at least one layer. Default: one layer of
    /// `2 · d_query`.
    #[serde(skip_serializing_if = "is_open")]
    pub hidden: Vec<usize>,
    /// The non-linearity after each hidden layer. Default: GELU.
    pub activation: Activation,
    /// The dropout rate: the share of each hidden layer that a training step sets to zero, from 0 to below 1.
    /// Default: 0.
    pub dropout: f32,
    /// The seed of the starting weights. Default: 0.
    #[serde(skip_serializing_if = "is_open")]
    pub seed: u64,
}

impl MlpConfig {
    /// The defaults for these dimensions.
    pub fn new(query_dim: usize, item_dim: usize) -> Self {
        Self::default().between(query_dim, item_dim)
    }

    /// The widths of the hidden layers.
    fn widths(&self) -> Vec<usize> {
        match self.hidden.is_empty() {
            true => vec![self.query_dim.saturating_mul(2).min(MAX_DIM)],
            false => self.hidden.clone(),
        }
    }

    fn check_settings(&self) -> Result<(), Error> {
        if self.hidden.len() > 16 {
            return Err(Error::Config {
                kind: Mlp::KIND,
                name: "hidden",
                expected: "at most 16 layers".into(),
                found: self.hidden.len().to_string(),
            });
        }
        if !(0.0..1.0).contains(&self.dropout) {
            return Err(Error::Config {
                kind: Mlp::KIND,
                name: "dropout",
                expected: "from 0 to below 1".into(),
                found: self.dropout.to_string(),
            });
        }
        self.hidden.iter().try_for_each(|&width| check_dim(Mlp::KIND, "hidden", width))?;
        let sides = [vec![self.query_dim], self.widths(), vec![self.item_dim]].concat();
        let parameters = sides.windows(2).map(|pair| pair[0].saturating_mul(pair[1]));
        if parameters.fold(0, usize::saturating_add) > MAX_PARAMETERS {
            return Err(Error::Config {
                kind: Mlp::KIND,
                name: "hidden",
                expected: "layers of at most 2^29 parameters together".into(),
                found: format!("{:?}", self.widths()),
            });
        }
        Ok(())
    }
}

module_config!(MlpConfig, Mlp::KIND);

/// `z = skip(q) + mlp(q)`. The skip is the identity where `d_query = d_item`, and a trained matrix where they differ.
///
/// The last layer of the MLP is zero at the start. With an identity skip the module therefore starts as the identity,
/// and weight decay leads it back to the identity.
///
/// ```
/// use burn::tensor::Device;
/// use ess_core::{Embeddings, SearchModule};
/// use ess_search::{Mlp, MlpConfig, OnDevice, TrainableModule};
///
/// let device = Device::flex();
/// let config = MlpConfig { hidden: vec![16, 8], ..MlpConfig::new(3, 3) };
/// let module = OnDevice::new(Mlp::init(&config, &device)?, &device);
/// let queries = Embeddings::from_rows(&[[1.0, 2.0, 3.0]])?;
/// assert_eq!(module.apply(&queries)?, queries);
/// # Ok::<(), ess_search::Error>(())
/// ```
#[derive(Module, Debug)]
pub struct Mlp {
    layers: Vec<Layer>,
    skip: Option<Param<Tensor<2>>>,
    #[module(skip)]
    noise: Noise,
    #[module(skip)]
    config: MlpConfig,
}

#[derive(Module, Debug)]
struct Layer {
    weight: Param<Tensor<2>>,
    bias: Param<Tensor<1>>,
}

impl Layer {
    fn forward(&self, input: Tensor<2>) -> Tensor<2> {
        linear(input, self.weight.val(), Some(self.bias.val()))
    }
}

impl Mlp {
    /// The non-linearity, and in training the dropout.
    fn activate(&self, hidden: Tensor<2>) -> Tensor<2> {
        let active = self.config.activation.apply(hidden);
        let training = self.layers[0].weight.is_require_grad();
        if training && self.config.dropout > 0.0 {
            return self.noise.drop_out(active, self.config.dropout);
        }
        active
    }
}

impl TrainableModule for Mlp {
    const KIND: &'static str = "mlp";
    type Config = MlpConfig;
    type Encoding = Embeddings;

    fn init(config: &MlpConfig, device: &Device) -> Result<Self, Error> {
        config.check()?;
        let mut init = Init::new(config.seed, device);
        let mut width = config.query_dim;
        let mut layers = Vec::new();
        for (at, next) in config.widths().into_iter().enumerate() {
            let weight = if at == 0 { init.embedding_weight(width, next) } else { init.weight(width, next) };
            layers.push(Layer { weight, bias: init.zero_bias(next) });
            width = next;
        }
        let weight = init.zero_weight(width, config.item_dim);
        layers.push(Layer { weight, bias: init.zero_bias(config.item_dim) });
        let skip = skip_weight(&mut init, config.query_dim, config.item_dim);
        Ok(Self { layers, skip, noise: Noise::new(config.seed), config: config.clone() })
    }

    said_by_config!(MlpConfig);

    fn noises(&self) -> Vec<&Noise> {
        vec![&self.noise]
    }

    fn forward(&self, queries: Tensor<2>) -> Tensor<2> {
        let skipped = skipped(queries.clone(), self.skip.as_ref());
        let mut hidden = queries;
        for (at, layer) in self.layers.iter().enumerate() {
            hidden = if at == 0 { hidden } else { self.activate(hidden) };
            hidden = layer.forward(hidden);
        }
        skipped + hidden
    }
}
