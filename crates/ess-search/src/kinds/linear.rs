//! A linear searching module.

use burn::{
    module::{Module, Param},
    tensor::{Device, Tensor, module::linear},
};
use ess_core::Embeddings;
use serde::{Deserialize, Serialize};

use crate::{
    blocks::init::Init,
    error::Error,
    module::{
        config::{ModuleConfig, is_open, module_config, said_by_config},
        trainable::TrainableModule,
    },
};

/// The config of a [`Linear`] module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LinearConfig {
    /// `d_query`.
    #[serde(skip_serializing_if = "is_open")]
    pub query_dim: usize,
    /// `d_item`.
    #[serde(skip_serializing_if = "is_open")]
    pub item_dim: usize,
    /// Whether a bias is added. Default: true.
    pub bias: bool,
    /// The seed of the starting weights. It has an effect only where the dimensions differ. Default: 0.
    #[serde(skip_serializing_if = "is_open")]
    pub seed: u64,
}

impl Default for LinearConfig {
    fn default() -> Self {
        Self { query_dim: 0, item_dim: 0, bias: true, seed: 0 }
    }
}

impl LinearConfig {
    /// The defaults for these dimensions.
    pub fn new(query_dim: usize, item_dim: usize) -> Self {
        Self::default().between(query_dim, item_dim)
    }

    fn check_settings(&self) -> Result<(), Error> {
        Ok(())
    }
}

module_config!(LinearConfig, Linear::KIND);

/// `z = q + q W + b` where `d_query = d_item`, and `z = q W + b` where they differ.
///
/// `W` and `b` are zero at the start in the first case, so the module starts as the identity, and weight decay leads
/// it back to the identity. In the second case the starting values of `W` are random, and `b` is zero.
///
/// ```
/// use burn::tensor::Device;
/// use ess_core::{Embeddings, SearchModule};
/// use ess_search::{Linear, LinearConfig, OnDevice, TrainableModule};
///
/// let device = Device::flex();
/// let queries = Embeddings::from_rows(&[[1.0, 2.0, 3.0]])?;
/// let same = OnDevice::new(Linear::init(&LinearConfig::new(3, 3), &device)?, &device);
/// assert_eq!(same.apply(&queries)?, queries);
/// let wider = OnDevice::new(Linear::init(&LinearConfig::new(3, 5), &device)?, &device);
/// assert_eq!(wider.apply(&queries)?.dim(), 5);
/// # Ok::<(), ess_search::Error>(())
/// ```
#[derive(Module, Debug)]
pub struct Linear {
    /// `W`, `d_query × d_item`.
    weight: Param<Tensor<2>>,
    /// `d_item`.
    bias: Option<Param<Tensor<1>>>,
    #[module(skip)]
    config: LinearConfig,
}

impl TrainableModule for Linear {
    const KIND: &'static str = "linear";
    type Config = LinearConfig;
    type Encoding = Embeddings;

    fn init(config: &LinearConfig, device: &Device) -> Result<Self, Error> {
        let (rows, columns) = (config.query_dim, config.item_dim);
        config.check()?;
        let mut init = Init::new(config.seed, device);
        let weight =
            if rows == columns { init.zero_weight(rows, columns) } else { init.weight(rows, columns) };
        let bias = config.bias.then(|| init.zero_bias(columns));
        Ok(Self { weight, bias, config: config.clone() })
    }

    said_by_config!(LinearConfig);

    fn forward(&self, queries: Tensor<2>) -> Tensor<2> {
        let change = linear(queries.clone(), self.weight.val(), self.bias.as_ref().map(Param::val));
        if self.config.query_dim == self.config.item_dim { queries + change } else { change }
    }
}
