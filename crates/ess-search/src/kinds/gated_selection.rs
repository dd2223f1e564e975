//! A searching module that selects dimensions.

use burn::{
    module::{Module, Param},
    tensor::{Device, Tensor, activation::sigmoid},
};
use ess_core::Embeddings;
use serde::{Deserialize, Serialize};

use crate::{
    blocks::{
        init::Init,
        skip::{skip_weight, skipped},
    },
    device::host_copy::embeddings_from_tensor,
    error::Error,
    module::{
        config::{ModuleConfig, is_open, module_config, said_by_config},
        device_encoding::DeviceEncoding,
        noise::Noise,
        trainable::TrainableModule,
    },
};

/// The function of a gate's logit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gate {
    /// A sigmoid, scaled so that a gate is 1 at the start. It is never 0. The penalty is the sum of the gates (L1).
    #[default]
    Sigmoid,
    /// The hard concrete distribution (Louizos, Welling and Kingma 2018). Gates are noisy in training; in use they
    /// can be exactly 0 and exactly 1. The penalty is the expected number of gates that are not 0 (L0).
    HardConcrete,
}

/// The config of a [`GatedSelection`] module.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GatedSelectionConfig {
    /// `d_query`.
    #[serde(skip_serializing_if = "is_open")]
    pub query_dim: usize,
    /// `d_item`.
    #[serde(skip_serializing_if = "is_open")]
    pub item_dim: usize,
    /// The function of a gate's logit. Default: sigmoid.
    pub gate: Gate,
    /// Whether the gates depend on the query, by a `d_query × d_query` matrix. Default: false.
    pub by_query: bool,
    /// The penalty that training adds to the loss when all gates are 1; it is proportional to the sum (sigmoid) or
    /// the expected number (hard concrete) of open gates. The larger it is, the fewer dimensions are selected. Finite
    /// and at least 0. Default: 0.
    pub price: f32,
    /// The seed of the starting values. Default: 0.
    #[serde(skip_serializing_if = "is_open")]
    pub seed: u64,
}

impl Default for GatedSelectionConfig {
    fn default() -> Self {
        Self { query_dim: 0, item_dim: 0, gate: Gate::Sigmoid, by_query: false, price: 0.0, seed: 0 }
    }
}

impl GatedSelectionConfig {
    /// The defaults for these dimensions.
    pub fn new(query_dim: usize, item_dim: usize) -> Self {
        Self::default().between(query_dim, item_dim)
    }

    fn check_settings(&self) -> Result<(), Error> {
        if self.price.is_finite() && self.price >= 0.0 {
            return Ok(());
        }
        Err(Error::Config {
            kind: GatedSelection::KIND,
            name: "price",
            expected: "a finite number of at least 0".into(),
            found: self.price.to_string(),
        })
    }
}

module_config!(GatedSelectionConfig, GatedSelection::KIND);

/// `z = q ⊙ gates(q)`: a learned selection of dimensions. Where the dimensions differ, `z = (q ⊙ gates(q)) W` with a
/// trained matrix `W`, whose starting values are random.
///
/// `gates(q) = gate(g s + g q G)`. `s` and `G` are zero and all gates are 1 at the start, so the module starts as the
/// identity, and weight decay leads it back to the identity. `g` is [`GatedSelection::GAIN`].
///
/// ```
/// use burn::tensor::Device;
/// use ess_core::{Embeddings, SearchModule};
/// use ess_search::{GatedSelection, GatedSelectionConfig, OnDevice, TrainableModule};
///
/// let device = Device::flex();
/// let module = GatedSelection::init(&GatedSelectionConfig::new(3, 3), &device)?;
/// let queries = Embeddings::from_rows(&[[1.0, 2.0, 3.0]])?;
/// assert_eq!(module.gates(&queries, &device)?.row(0), &[1.0, 1.0, 1.0]);
/// assert_eq!(OnDevice::new(module, &device).apply(&queries)?, queries);
/// # Ok::<(), ess_search::Error>(())
/// ```
#[derive(Module, Debug)]
pub struct GatedSelection {
    /// `s`, `d_query`.
    selection: Param<Tensor<1>>,
    /// `G`, `d_query × d_query`.
    by_query: Option<Param<Tensor<2>>>,
    /// `W`, `d_query × d_item`, where the dimensions differ.
    skip: Option<Param<Tensor<2>>>,
    #[module(skip)]
    noise: Noise,
    #[module(skip)]
    config: GatedSelectionConfig,
}

/// The logit of a gate at the start. The gate is nearly open, and the sigmoid is not so flat there that it cannot be
/// trained.
const START: f32 = 3.0;
/// The temperature of the hard concrete distribution, and the interval to which its sigmoid is stretched: the values
/// of its authors.
const TEMPERATURE: f32 = 2.0 / 3.0;
const LOW: f32 = -0.1;
const HIGH: f32 = 1.1;

impl GatedSelection {
    /// The factor on a parameter, for the reason given at [`Diagonal::GAIN`](crate::Diagonal::GAIN).
    pub const GAIN: f32 = 30.0;

    /// The gates of each query (`n × d_query`). 0 is closed; 1 is the value at the start.
    ///
    /// # Errors
    /// [`Error::Core`] for queries of another dimension, [`Error::Device`] when the device fails.
    pub fn gates(&self, queries: &Embeddings, device: &Device) -> Result<Embeddings, Error> {
        let (what, expected) = ("queries given to a searching module", self.config.query_dim);
        ess_core::Error::check_dim(what, expected, queries.dim())?;
        let queries = DeviceEncoding::to_tensors(queries, device);
        let rows = queries.dims()[0];
        let gates = self.gates_of(&queries).expand([rows, expected]);
        embeddings_from_tensor(gates)
    }

    /// The gates, `n × d_query`, or `1 × d_query` where they do not depend on the query.
    fn gates_of(&self, queries: &Tensor<2>) -> Tensor<2> {
        let mut logits = self.logits();
        if let Some(by_query) = &self.by_query {
            logits = logits + queries.clone().matmul(by_query.val()) * Self::GAIN;
        }
        match self.config.gate {
            // The sigmoid of the device, so that a gate at the start is exactly 1.
            Gate::Sigmoid => sigmoid(logits.clone()) / sigmoid(self.logits().full_like(START)),
            Gate::HardConcrete => (sigmoid(self.disturbed(logits)) * (HIGH - LOW) + LOW).clamp(0.0, 1.0),
        }
    }

    /// The logits that do not depend on the query, `1 × d_query`.
    fn logits(&self) -> Tensor<2> {
        self.selection.val().unsqueeze() * Self::GAIN + START
    }

    /// The logits with the noise of training. Outside of training they are unchanged.
    fn disturbed(&self, logits: Tensor<2>) -> Tensor<2> {
        if !self.selection.val().is_require_grad() {
            return logits;
        }
        let uniform = self.noise.uniform(1, self.config.query_dim, &logits.device()).clamp(1e-6, 1.0 - 1e-6);
        let logistic = uniform.clone().log() - (uniform.neg() + 1.0).log();
        (logits + logistic) / TEMPERATURE
    }
}

impl TrainableModule for GatedSelection {
    const KIND: &'static str = "gated_selection";
    type Config = GatedSelectionConfig;
    type Encoding = Embeddings;

    fn init(config: &GatedSelectionConfig, device: &Device) -> Result<Self, Error> {
        config.check()?;
        let dim = config.query_dim;
        let mut init = Init::new(config.seed, device);
        let selection = init.zero_bias(dim);
        let by_query = config.by_query.then(|| init.zero_weight(dim, dim));
        let skip = skip_weight(&mut init, dim, config.item_dim);
        Ok(Self { selection, by_query, skip, noise: Noise::new(config.seed), config: config.clone() })
    }

    said_by_config!(GatedSelectionConfig);

    fn noises(&self) -> Vec<&Noise> {
        vec![&self.noise]
    }

    fn forward(&self, queries: Tensor<2>) -> Tensor<2> {
        let gates = self.gates_of(&queries);
        skipped(queries * gates, self.skip.as_ref())
    }

    /// The penalty on gates that do not depend on the query.
    fn penalty(&self) -> Option<Tensor<1>> {
        let open = match self.config.gate {
            _ if self.config.price == 0.0 => return None,
            Gate::Sigmoid => sigmoid(self.logits()),
            Gate::HardConcrete => sigmoid(self.logits() - TEMPERATURE * (-LOW / HIGH).ln()),
        };
        Some(open.mean() * self.config.price)
    }
}
