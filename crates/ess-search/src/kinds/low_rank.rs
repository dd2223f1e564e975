//! A linear searching module of low rank.

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
        trainable::{TrainableModule, check_dim},
    },
};

/// The config of a [`LowRank`] module.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LowRankConfig {
    /// `d_query`.
    #[serde(skip_serializing_if = "is_open")]
    pub query_dim: usize,
    /// `d_item`.
    #[serde(skip_serializing_if = "is_open")]
    pub item_dim: usize,
    /// The rank `r` of the change. Default: 64.
    pub rank: usize,
    /// Whether a bias is added. Default: true.
    pub bias: bool,
    /// The seed of the starting values. Default: 0.
    #[serde(skip_serializing_if = "is_open")]
    pub seed: u64,
}

impl Default for LowRankConfig {
    fn default() -> Self {
        Self { query_dim: 0, item_dim: 0, rank: 64, bias: true, seed: 0 }
    }
}

impl LowRankConfig {
    /// The defaults for these dimensions.
    pub fn new(query_dim: usize, item_dim: usize) -> Self {
        Self::default().between(query_dim, item_dim)
    }

    fn check_settings(&self) -> Result<(), Error> {
        check_dim(LowRank::KIND, "rank", self.rank)
    }
}

module_config!(LowRankConfig, LowRank::KIND);

/// `z = q + (q A) B + b` where `d_query = d_item`, and `z = (q A) B + b` where they differ.
///
/// In the first case `A` is random and `B` and `b` are zero at the start, so the module starts as the identity, and
/// weight decay leads it back to the identity. In the second case `A` and `B` are random.
///
/// The change is that of [`Linear`](crate::Linear), with `r (d_query + d_item)` parameters instead of
/// `d_query · d_item`, after LoRA (Hu et al. 2022). `A` selects `r` directions of the query, and `B` maps each of
/// them into the item space.
///
/// ```
/// use burn::tensor::Device;
/// use ess_core::{Embeddings, SearchModule};
/// use ess_search::{LowRank, LowRankConfig, OnDevice, TrainableModule};
///
/// let device = Device::flex();
/// let config = LowRankConfig { rank: 2, ..LowRankConfig::new(3, 3) };
/// let module = OnDevice::new(LowRank::init(&config, &device)?, &device);
/// let queries = Embeddings::from_rows(&[[1.0, 2.0, 3.0]])?;
/// assert_eq!(module.apply(&queries)?, queries);
/// # Ok::<(), ess_search::Error>(())
/// ```
#[derive(Module, Debug)]
pub struct LowRank {
    /// `A`, `d_query × r`.
    down: Param<Tensor<2>>,
    /// `B`, `r × d_item`.
    up: Param<Tensor<2>>,
    /// `d_item`.
    bias: Option<Param<Tensor<1>>>,
    #[module(skip)]
    config: LowRankConfig,
}

impl TrainableModule for LowRank {
    const KIND: &'static str = "low_rank";
    type Config = LowRankConfig;
    type Encoding = Embeddings;

    fn init(config: &LowRankConfig, device: &Device) -> Result<Self, Error> {
        config.check()?;
        let (rank, item_dim) = (config.rank, config.item_dim);
        let mut init = Init::new(config.seed, device);
        let down = init.embedding_weight(config.query_dim, rank);
        let up = match config.query_dim == item_dim {
            true => init.zero_weight(rank, item_dim),
            false => init.weight(rank, item_dim),
        };
        let bias = config.bias.then(|| init.zero_bias(item_dim));
        Ok(Self { down, up, bias, config: config.clone() })
    }

    said_by_config!(LowRankConfig);

    fn forward(&self, queries: Tensor<2>) -> Tensor<2> {
        let chosen = queries.clone().matmul(self.down.val());
        let change = linear(chosen, self.up.val(), self.bias.as_ref().map(Param::val));
        if self.config.query_dim == self.config.item_dim { queries + change } else { change }
    }
}
