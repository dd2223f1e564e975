//! A searching module that scales each dimension.

use burn::{
    module::{Module, Param},
    tensor::{Device, Tensor},
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
        trainable::TrainableModule,
    },
};

/// The config of a [`Diagonal`] module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DiagonalConfig {
    /// `d_query`.
    #[serde(skip_serializing_if = "is_open")]
    pub query_dim: usize,
    /// `d_item`.
    #[serde(skip_serializing_if = "is_open")]
    pub item_dim: usize,
    /// The seed of the starting weights. It has an effect only where the dimensions differ. Default: 0.
    #[serde(skip_serializing_if = "is_open")]
    pub seed: u64,
}

impl DiagonalConfig {
    /// The defaults for these dimensions.
    pub fn new(query_dim: usize, item_dim: usize) -> Self {
        Self::default().between(query_dim, item_dim)
    }

    fn check_settings(&self) -> Result<(), Error> {
        Ok(())
    }
}

module_config!(DiagonalConfig, Diagonal::KIND);

/// `z = q ⊙ (1 + g s)`. Where the dimensions differ, `z = (q ⊙ (1 + g s)) W` with a trained matrix `W`, whose
/// starting values are random.
///
/// `s` is zero at the start, so the module starts as the identity, and weight decay leads it back to the identity.
/// `g` is [`Diagonal::GAIN`].
///
/// The `d_query` weights show how important each dimension is to the task. A weight may become negative.
/// [`GatedSelection`](crate::GatedSelection) has weights between 0 and 1.
///
/// ```
/// use burn::tensor::Device;
/// use ess_core::{Embeddings, SearchModule};
/// use ess_search::{Diagonal, DiagonalConfig, OnDevice, TrainableModule};
///
/// let device = Device::flex();
/// let module = OnDevice::new(Diagonal::init(&DiagonalConfig::new(3, 3), &device)?, &device);
/// let queries = Embeddings::from_rows(&[[1.0, 2.0, 3.0]])?;
/// assert_eq!(module.apply(&queries)?, queries);
/// # Ok::<(), ess_search::Error>(())
/// ```
#[derive(Module, Debug)]
pub struct Diagonal {
    /// `s`, `d_query`.
    change: Param<Tensor<1>>,
    /// `W`, `d_query × d_item`, where the dimensions differ.
    skip: Option<Param<Tensor<2>>>,
    #[module(skip)]
    config: DiagonalConfig,
}

impl Diagonal {
    /// The factor on a parameter, `g`. Adam changes every parameter by about the learning rate in a step. One
    /// parameter for a dimension must change more than one of the `d` parameters of a matrix to have the same effect
    /// on a vector.
    pub const GAIN: f32 = 10.0;

    /// The weight of each dimension of the query, `1 × d_query`. All weights are 1 at the start.
    pub fn weights(&self) -> Tensor<2> {
        self.change.val().unsqueeze() * Self::GAIN + 1.0
    }
}

impl TrainableModule for Diagonal {
    const KIND: &'static str = "diagonal";
    type Config = DiagonalConfig;
    type Encoding = Embeddings;

    fn init(config: &DiagonalConfig, device: &Device) -> Result<Self, Error> {
        config.check()?;
        let mut init = Init::new(config.seed, device);
        let change = init.zero_bias(config.query_dim);
        let skip = skip_weight(&mut init, config.query_dim, config.item_dim);
        Ok(Self { change, skip, config: config.clone() })
    }

    said_by_config!(DiagonalConfig);

    fn forward(&self, queries: Tensor<2>) -> Tensor<2> {
        skipped(queries * self.weights(), self.skip.as_ref())
    }
}
