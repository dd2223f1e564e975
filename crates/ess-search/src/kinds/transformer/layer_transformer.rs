//! A small transformer over an encoder's layers.

use burn::{
    module::{Module, Param},
    tensor::{Device, Tensor},
};
use ess_core::Embeddings;
use serde::{Deserialize, Serialize};

use super::small_transformer::{SmallTransformer, TransformerShape};
use crate::{
    blocks::{
        init::Init,
        layers::{check_layers, layers_of, sentence, width},
        skip::{skip_weight, skipped},
    },
    error::Error,
    module::{
        config::{ModuleConfig, is_open, module_config, said_by_config},
        trainable::TrainableModule,
    },
};

/// The config of a [`LayerTransformer`] module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LayerTransformerConfig {
    /// `d_query = L · d`: `L` concatenated vectors of dimension `d`, of which the first is the sentence embedding.
    #[serde(skip_serializing_if = "is_open")]
    pub query_dim: usize,
    /// `d_item`.
    #[serde(skip_serializing_if = "is_open")]
    pub item_dim: usize,
    /// `L`, the number of vectors with the sentence embedding. Default: `d_query / d_item`.
    #[serde(skip_serializing_if = "is_open")]
    pub layers: usize,
    /// The shape of the transformer.
    pub shape: TransformerShape,
    /// The seed of the starting values. Default: 0.
    #[serde(skip_serializing_if = "is_open")]
    pub seed: u64,
}

impl LayerTransformerConfig {
    /// The defaults for these dimensions.
    pub fn new(query_dim: usize, item_dim: usize) -> Self {
        Self::default().between(query_dim, item_dim)
    }

    fn check_settings(&self) -> Result<(), Error> {
        self.shape.check(LayerTransformer::KIND)?;
        check_layers(LayerTransformer::KIND, self.query_dim, self.layers())
    }

    fn layers(&self) -> usize {
        layers_of(self.layers, self.query_dim, self.item_dim)
    }
}

module_config!(LayerTransformerConfig, LayerTransformer::KIND, reads_layers);

/// `z = x₀ + transformer(x₀, …, x_{L−1})`. The `L` vectors of a query (`n × L · d`), of which the first is the
/// sentence embedding `x₀`, are the tokens of a small pre-norm transformer with position embeddings.
///
/// The transformer's last matrix is zero at the start, so the module starts as the sentence embedding (the identity
/// for `L = 1`), and weight decay leads it back to it. Where `d` and `d_item` differ, `x₀ W₀` takes the place of
/// `x₀`, with a trained matrix `W₀` whose starting values are random.
///
/// ```
/// use burn::tensor::Device;
/// use ess_core::{Embeddings, SearchModule};
/// use ess_search::{LayerTransformer, LayerTransformerConfig, OnDevice, TrainableModule};
///
/// let device = Device::flex();
/// let module = OnDevice::new(LayerTransformer::init(&LayerTransformerConfig::new(6, 2), &device)?, &device);
/// let layers = Embeddings::from_rows(&[[1.0, 2.0, 0.3, 0.4, 0.5, 0.6]])?;
/// assert_eq!(module.apply(&layers)?.row(0), &[1.0, 2.0]);
/// # Ok::<(), ess_search::Error>(())
/// ```
#[derive(Module, Debug)]
pub struct LayerTransformer {
    transformer: SmallTransformer,
    /// The position embeddings, `L × w`.
    places: Param<Tensor<2>>,
    /// `W₀`, `d × d_item`, where the dimensions differ.
    skip: Option<Param<Tensor<2>>>,
    #[module(skip)]
    config: LayerTransformerConfig,
}

impl TrainableModule for LayerTransformer {
    const KIND: &'static str = "layer_transformer";
    type Config = LayerTransformerConfig;
    type Encoding = Embeddings;

    fn init(config: &LayerTransformerConfig, device: &Device) -> Result<Self, Error> {
        config.check()?;
        let config = LayerTransformerConfig { layers: config.layers(), ..config.clone() };
        let width = width(config.query_dim, config.layers);
        let mut init = Init::new(config.seed, device);
        let transformer = SmallTransformer::new(&mut init, &config.shape, width, config.item_dim);
        let places = init.embedding_weight(config.layers, config.shape.width);
        let skip = skip_weight(&mut init, width, config.item_dim);
        Ok(Self { transformer, places, skip, config })
    }

    said_by_config!(LayerTransformerConfig);

    fn forward(&self, queries: Tensor<2>) -> Tensor<2> {
        let (rows, width) = (queries.dims()[0], width(self.config.query_dim, self.config.layers));
        let tokens = queries.clone().reshape([rows, self.config.layers, width]);
        let tokens = self.transformer.enter(tokens) + self.places.val().unsqueeze();
        let change = self.transformer.forward(tokens, None);
        skipped(sentence(queries, width), self.skip.as_ref()) + change
    }
}
