//! A searching module that weighs dimensions.

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
        config::{ModuleConfig, is_open, module_config},
        trainable::TrainableModule,
    },
};

/// What a [`Diagonal`] module is made from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DiagonalConfig {
    /// `d_query`.
    #[serde(skip_serializing_if = "is_open")]
    pub query_dim: usize,
    /// `d_item`.
    #[serde(skip_serializing_if = "is_open")]
    pub item_dim: usize,
    /// The seed of the starting weights, used where the dimensions differ. Default: 0.
    #[serde(skip_serializing_if = "is_open")]
    pub seed: u64,
}

impl DiagonalConfig {
    /// The defaults between the given dimensions.
    pub fn new(query_dim: usize, item_dim: usize) -> Self {
        Self::default().between(query_dim, item_dim)
    }

    fn check_settings(&self) -> Result<(), Error> {
        Ok(())
    }
}

module_config!(DiagonalConfig, Diagonal::KIND);

/// `z = q ⊙ (1 + g s)`, with `s` zero at the start, so that it starts as the identity and weight decay pulls it there;
/// where the dimensions differ, `z = (q ⊙ (1 + g s)) W` with a trained matrix `W`, random at the start.
///
/// The `d_query` weights say which dimensions the task needs more and which less, also with the sign turned; for weights
/// between 0 and 1 there is [`GatedSelection`](crate::GatedSelection). `g` is [`Diagonal::GAIN`].
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
    /// How much a parameter weighs. Adam moves every parameter by about the learning rate a step, and one parameter a
    /// dimension has to move further than the `d` of a matrix to change a vector as much.
    pub const GAIN: f32 = 10.0;

    /// The weight of each dimension of the query, `1 × d_query`: 1 at the start.
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

    fn reseeded(config: &DiagonalConfig, seed: u64) -> DiagonalConfig {
        config.clone().reseeded(seed)
    }

    fn config(&self) -> &DiagonalConfig {
        &self.config
    }

    fn query_dim(&self) -> usize {
        self.config.query_dim
    }

    fn item_dim(&self) -> usize {
        self.config.item_dim
    }

    fn forward(&self, queries: Tensor<2>) -> Tensor<2> {
        skipped(queries * self.weights(), self.skip.as_ref())
    }
}
