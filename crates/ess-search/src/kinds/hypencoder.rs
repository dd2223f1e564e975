//! A searching module that makes of a query a small network over the item.

use std::sync::Arc;

use burn::{
    module::{Module, Param},
    tensor::{Device, Tensor, module::linear},
};
use ess_core::{Embeddings, Neurons, Scoring};
use serde::{Deserialize, Serialize};

use crate::{
    blocks::{
        init::Init,
        skip::{skip_weight, skipped},
    },
    error::Error,
    module::{
        config::{ModuleConfig, is_open, module_config, said_by_config},
        trainable::{MAX_PARAMETERS, TrainableModule, check_dim},
    },
};

/// The config of a [`Hypencoder`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HypencoderConfig {
    /// `d_query`.
    #[serde(skip_serializing_if = "is_open")]
    pub query_dim: usize,
    /// `d_item`.
    #[serde(skip_serializing_if = "is_open")]
    pub item_dim: usize,
    /// `h`, the number of hidden units of a query's network. Between 1 and 1024. Default: 16.
    pub hidden: usize,
    /// `r`, the number of directions of the query on which the network's weights depend. Default: 32.
    pub rank: usize,
    /// Whether the inner product of the network is that of a trained linear map, as in [`Linear`](crate::Linear); otherwise it is that
    /// of the query as it was encoded. Default: true.
    pub linear: bool,
    /// The seed of the starting values. Default: 0.
    #[serde(skip_serializing_if = "is_open")]
    pub seed: u64,
}

impl Default for HypencoderConfig {
    fn default() -> Self {
        Self { query_dim: 0, item_dim: 0, hidden: 16, rank: 32, linear: true, seed: 0 }
    }
}

impl HypencoderConfig {
    /// The defaults for these dimensions.
    pub fn new(query_dim: usize, item_dim: usize) -> Self {
        Self::default().between(query_dim, item_dim)
    }

    fn check_settings(&self) -> Result<(), Error> {
        check_dim(Hypencoder::KIND, "rank", self.rank)?;
        let refuse =
            |name, expected, found| Err(Error::Config { kind: Hypencoder::KIND, name, expected, found });
        if !(1..=1024).contains(&self.hidden) {
            return refuse("hidden", "between 1 and 1024".to_owned(), self.hidden.to_string());
        }
        let heads = self.rank * self.hidden * self.item_dim;
        if heads > MAX_PARAMETERS {
            let (name, expected) = ("rank · hidden · item_dim", format!("at most {MAX_PARAMETERS}"));
            return refuse(name, expected, heads.to_string());
        }
        Ok(())
    }
}

module_config!(HypencoderConfig, Hypencoder::KIND, has_scoring);

/// A Hypencoder (Killingback et al., SIGIR 2025) over frozen embeddings: a query becomes a network over the item vector ([`Neurons`]),
/// `⟨z, d⟩ + Σⱼ vⱼ relu(⟨uⱼ, d⟩ + bⱼ)`, whose weights learned heads make of the query's encoding.
///
/// `z = q + q W + c`; with `t = q T` (`r` components) `uⱼ = uⱼ⁰ + t Uⱼ`, `b = g (b⁰ + t B)` and `v = g (v⁰ + t V)`. `g` is
/// [`Hypencoder::GAIN`]. All but `T` and `u⁰` is zero at the start, so the module starts as the query's inner product with the item, to
/// which weight decay leads it back. Where `d_query` and `d_item` differ, `q W₀` takes the place of `q`, with a trained `W₀` whose starting
/// values are random. The paper trains the encoder too, has several layers, and makes the weights by attention over token states.
///
/// A query is `(1 + h) d_item + 2 h` components, which no index of inner products takes as they are: `ScoredSearcher` of ess-searchers
/// searches with `z`, and orders what it finds by the network.
///
/// ```
/// use burn::tensor::Device;
/// use ess_core::{Embeddings, InnerProduct, Scored, SearchModule, Similarity};
/// use ess_search::{Hypencoder, HypencoderConfig, OnDevice, TrainableModule};
///
/// let device = Device::flex();
/// let config = HypencoderConfig { hidden: 4, ..HypencoderConfig::new(2, 2) };
/// let module = OnDevice::new(Hypencoder::init(&config, &device)?, &device);
/// let queries = Embeddings::from_rows(&[[1.0, 2.0]])?;
/// let networks = module.apply(&queries)?;
/// assert_eq!(networks.dim(), (1 + 4) * 2 + 2 * 4);
///
/// // Untrained, it scores as the encoded query does.
/// let (items, scoring) = (Embeddings::from_rows(&[[0.5, 0.25]])?, module.scoring().unwrap());
/// let scores = Scored::new(&*scoring).similarities(&networks, &items)?;
/// assert_eq!(scores, InnerProduct.similarities(&queries, &items)?);
/// # Ok::<(), ess_search::Error>(())
/// ```
#[derive(Module, Debug)]
pub struct Hypencoder {
    /// `W`, `d_query × d_item`.
    weight: Option<Param<Tensor<2>>>,
    /// `c`, `d_item`.
    shift: Option<Param<Tensor<1>>>,
    /// `T`, `d_query × r`.
    context: Param<Tensor<2>>,
    /// `u⁰`, `h × d_item`.
    units: Param<Tensor<2>>,
    /// `U`, `r × h · d_item`.
    unit_heads: Param<Tensor<2>>,
    /// `b⁰` and `v⁰`, `2 h`.
    numbers: Param<Tensor<1>>,
    /// `B` and `V`, `r × 2 h`.
    number_heads: Param<Tensor<2>>,
    /// `W₀`, `d_query × d_item`, where the dimensions differ.
    skip: Option<Param<Tensor<2>>>,
    #[module(skip)]
    config: HypencoderConfig,
}

impl Hypencoder {
    /// The factor on biases and output weights, for the reason given at [`Diagonal::GAIN`](crate::Diagonal::GAIN).
    pub const GAIN: f32 = 10.0;
}

impl TrainableModule for Hypencoder {
    const KIND: &'static str = "hypencoder";
    type Config = HypencoderConfig;
    type Encoding = Embeddings;

    fn init(config: &HypencoderConfig, device: &Device) -> Result<Self, Error> {
        config.check()?;
        let (rows, columns) = (config.query_dim, config.item_dim);
        let (hidden, rank) = (config.hidden, config.rank);
        let mut init = Init::new(config.seed, device);
        Ok(Self {
            weight: config.linear.then(|| init.zero_weight(rows, columns)),
            shift: config.linear.then(|| init.zero_bias(columns)),
            context: init.embedding_weight(rows, rank),
            units: init.embedding_weight(hidden, columns),
            unit_heads: init.zero_weight(rank, hidden * columns),
            numbers: init.zero_bias(2 * hidden),
            number_heads: init.zero_weight(rank, 2 * hidden),
            skip: skip_weight(&mut init, rows, columns),
            config: config.clone(),
        })
    }

    said_by_config!(HypencoderConfig);

    fn scoring(&self) -> Option<Arc<dyn Scoring>> {
        Some(Arc::new(Neurons { hidden: self.config.hidden }))
    }

    fn forward(&self, queries: Tensor<2>) -> Tensor<2> {
        let context = queries.clone().matmul(self.context.val());
        let direct = skipped(queries.clone(), self.skip.as_ref());
        let direct = match (&self.weight, &self.shift) {
            (Some(weight), Some(shift)) => direct + linear(queries, weight.val(), Some(shift.val())),
            _ => direct,
        };
        let units = self.units.val().reshape([1, (self.config.hidden * self.config.item_dim) as i64]);
        let units = context.clone().matmul(self.unit_heads.val()) + units;
        let numbers = linear(context, self.number_heads.val(), Some(self.numbers.val())) * Self::GAIN;
        Tensor::cat(vec![direct, units, numbers], 1)
    }
}
