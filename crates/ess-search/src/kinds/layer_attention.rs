//! A searching module with a learned pooling of an encoder's layers.

use burn::{
    module::{Module, Param},
    tensor::{Device, Tensor, activation::softmax, module::linear},
};
use ess_core::Embeddings;
use serde::{Deserialize, Serialize};

use crate::{
    blocks::{
        init::Init,
        layers::{check_layers, layers_of, sentence, width},
        skip::{skip_weight, skipped},
        unit::unit,
    },
    error::Error,
    module::{
        config::{ModuleConfig, is_open, module_config, said_by_config},
        trainable::TrainableModule,
    },
};

/// The config of a [`LayerAttention`] module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LayerAttentionConfig {
    /// `d_query = L · d`: `L` concatenated vectors of dimension `d`, of which the first is the sentence embedding.
    #[serde(skip_serializing_if = "is_open")]
    pub query_dim: usize,
    /// `d_item`.
    #[serde(skip_serializing_if = "is_open")]
    pub item_dim: usize,
    /// `L`, the number of vectors with the sentence embedding. Default: `d_query / d_item`.
    #[serde(skip_serializing_if = "is_open")]
    pub layers: usize,
    /// Whether the weights of the layers depend on the query. Default: true.
    pub by_query: bool,
    /// The seed of the starting values. Default: 0.
    #[serde(skip_serializing_if = "is_open")]
    pub seed: u64,
}

impl Default for LayerAttentionConfig {
    fn default() -> Self {
        Self { query_dim: 0, item_dim: 0, layers: 0, by_query: true, seed: 0 }
    }
}

impl LayerAttentionConfig {
    /// The defaults for these dimensions.
    pub fn new(query_dim: usize, item_dim: usize) -> Self {
        Self::default().between(query_dim, item_dim)
    }

    fn check_settings(&self) -> Result<(), Error> {
        check_layers(LayerAttention::KIND, self.query_dim, self.layers())
    }

    fn layers(&self) -> usize {
        layers_of(self.layers, self.query_dim, self.item_dim)
    }
}

module_config!(LayerAttentionConfig, LayerAttention::KIND, reads_layers);

/// `z = x₀ + (Σₗ pₗ x̂ₗ) W + b` over `L` vectors of one query: its sentence embedding `x₀` and poolings of layers, as
/// `LayerEncoder` of `ess-encoders` returns them (`n × L · d`). `x̂ₗ` has unit norm. The weights of the layers are
/// `p = softmax(g (a + x̂ₗ · u))`: `a` is the same for all queries, and `u` makes them depend on the query. `g` is
/// [`LayerAttention::GAIN`].
///
/// `W` and `b` are zero at the start, so the module starts as the sentence embedding (the identity for `L = 1`), and
/// weight decay leads it back to it. Where `d` and `d_item` differ, `x₀ W₀` takes the place of `x₀`, with a trained
/// matrix `W₀` whose starting values are random.
///
/// ```
/// use burn::tensor::Device;
/// use ess_core::{Embeddings, SearchModule};
/// use ess_search::{LayerAttention, LayerAttentionConfig, OnDevice, TrainableModule};
///
/// let device = Device::flex();
/// let module = OnDevice::new(LayerAttention::init(&LayerAttentionConfig::new(6, 2), &device)?, &device);
/// let layers = Embeddings::from_rows(&[[1.0, 2.0, 0.3, 0.4, 0.5, 0.6]])?;
/// assert_eq!(module.apply(&layers)?.row(0), &[1.0, 2.0]);
/// # Ok::<(), ess_search::Error>(())
/// ```
#[derive(Module, Debug)]
pub struct LayerAttention {
    /// `a`, `L`.
    layers: Param<Tensor<1>>,
    /// `u`, `d × 1`.
    by_query: Option<Param<Tensor<2>>>,
    /// `W`, `d × d_item`.
    weight: Param<Tensor<2>>,
    /// `b`, `d_item`.
    bias: Param<Tensor<1>>,
    /// `W₀`, `d × d_item`, where the dimensions differ.
    skip: Option<Param<Tensor<2>>>,
    #[module(skip)]
    config: LayerAttentionConfig,
}

impl LayerAttention {
    /// The factor on a parameter of the attention, for the reason given at [`Diagonal::GAIN`](crate::Diagonal::GAIN).
    pub const GAIN: f32 = 30.0;

    /// `p`, `n × L × 1`, from vectors of unit norm (`n × L × d`).
    fn attention(&self, unit: &Tensor<3>) -> Tensor<3> {
        let [rows, layers, width] = unit.dims();
        let for_all = self.layers.val().reshape([1, layers, 1]);
        let logits = match &self.by_query {
            Some(by_query) => {
                let flat = unit.clone().reshape([rows * layers, width]).matmul(by_query.val());
                flat.reshape([rows, layers, 1]) + for_all
            }
            None => for_all,
        };
        softmax(logits * Self::GAIN, 1)
    }
}

impl TrainableModule for LayerAttention {
    const KIND: &'static str = "layer_attention";
    type Config = LayerAttentionConfig;
    type Encoding = Embeddings;

    fn init(config: &LayerAttentionConfig, device: &Device) -> Result<Self, Error> {
        config.check()?;
        let config = LayerAttentionConfig { layers: config.layers(), ..config.clone() };
        let (width, item_dim) = (config.query_dim / config.layers, config.item_dim);
        let mut init = Init::new(config.seed, device);
        Ok(Self {
            layers: init.zero_bias(config.layers),
            by_query: config.by_query.then(|| init.zero_weight(width, 1)),
            weight: init.zero_weight(width, item_dim),
            bias: init.zero_bias(item_dim),
            skip: skip_weight(&mut init, width, item_dim),
            config,
        })
    }

    said_by_config!(LayerAttentionConfig);

    fn forward(&self, queries: Tensor<2>) -> Tensor<2> {
        let rows = queries.dims()[0];
        let width = width(self.config.query_dim, self.config.layers);
        let layers = queries.clone().reshape([rows, self.config.layers, width]);
        let layers = unit(layers);
        let pooled = (layers.clone() * self.attention(&layers)).sum_dim(1).reshape([rows, width]);
        let change = linear(pooled, self.weight.val(), Some(self.bias.val()));
        skipped(sentence(queries, width), self.skip.as_ref()) + change
    }
}
