//! A small transformer over the states of a text's tokens.

use burn::{
    module::{Module, Param},
    tensor::{Device, Tensor},
};
use ess_core::TokenStates;
use serde::{Deserialize, Serialize};

use super::small_transformer::{SmallTransformer, TransformerShape};
use crate::{
    blocks::{
        init::Init,
        skip::{skip_weight, skipped},
        unit::unit,
    },
    error::Error,
    module::{
        config::{ModuleConfig, is_open, module_config, said_by_config},
        token_tensors::{TokenTensors, check_token_states, padding_of},
        trainable::{TrainableModule, check_dim},
    },
};

/// The config of a [`TokenTransformer`] module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TokenTransformerConfig {
    /// `d_query`, the dimension of a token's state.
    #[serde(skip_serializing_if = "is_open")]
    pub query_dim: usize,
    /// `d_item`.
    #[serde(skip_serializing_if = "is_open")]
    pub item_dim: usize,
    /// The dimension of the sentence embedding beside the states. Default: `d_item`.
    #[serde(skip_serializing_if = "is_open")]
    pub sentence_dim: usize,
    /// The shape of the transformer.
    pub shape: TransformerShape,
    /// The seed of the starting values. Default: 0.
    #[serde(skip_serializing_if = "is_open")]
    pub seed: u64,
}

impl TokenTransformerConfig {
    /// The defaults for states of dimension `query_dim` and items of dimension `item_dim`.
    pub fn new(query_dim: usize, item_dim: usize) -> Self {
        Self::default().between(query_dim, item_dim)
    }

    fn sentence_dim(&self) -> usize {
        if self.sentence_dim == 0 { self.item_dim } else { self.sentence_dim }
    }

    fn check_settings(&self) -> Result<(), Error> {
        check_dim(TokenTransformer::KIND, "sentence_dim", self.sentence_dim())?;
        self.shape.check(TokenTransformer::KIND)
    }
}

module_config!(TokenTransformerConfig, TokenTransformer::KIND);

/// `z = s + transformer(x₁, …, x_T)`: a small pre-norm transformer over the states of a query's tokens, beside its
/// sentence embedding `s`. It has no position embeddings, because the encoder's states contain the positions.
///
/// The transformer's last matrix is zero at the start, so the module starts as the sentence embedding, and weight
/// decay leads it back to it. Where the dimensions of sentence embedding and items differ, `s W₀` takes the place of
/// `s`, with a trained matrix `W₀` whose starting values are random.
///
/// ```
/// use burn::tensor::Device;
/// use ess_core::{Embeddings, SearchModule, TokenStates};
/// use ess_search::{OnDevice, TokenTransformer, TokenTransformerConfig, TrainableModule};
///
/// let device = Device::flex();
/// let module = OnDevice::new(TokenTransformer::init(&TokenTransformerConfig::new(3, 2), &device)?, &device);
/// let sentences = Embeddings::from_rows(&[[1.0, 2.0]])?;
/// let states = TokenStates::from_texts(sentences.clone(), 3, &[vec![0.1; 6]])?;
/// assert_eq!(module.apply(&states)?, sentences);
/// # Ok::<(), ess_search::Error>(())
/// ```
#[derive(Module, Debug)]
pub struct TokenTransformer {
    transformer: SmallTransformer,
    /// `W₀`, `d_sentence × d_item`, where the dimensions differ.
    skip: Option<Param<Tensor<2>>>,
    #[module(skip)]
    config: TokenTransformerConfig,
}

impl TrainableModule for TokenTransformer {
    const KIND: &'static str = "token_transformer";
    type Config = TokenTransformerConfig;
    type Encoding = TokenStates;

    fn init(config: &TokenTransformerConfig, device: &Device) -> Result<Self, Error> {
        config.check()?;
        let config = TokenTransformerConfig { sentence_dim: config.sentence_dim(), ..config.clone() };
        let mut init = Init::new(config.seed, device);
        let transformer = SmallTransformer::new(&mut init, &config.shape, config.query_dim, config.item_dim);
        let skip = skip_weight(&mut init, config.sentence_dim, config.item_dim);
        Ok(Self { transformer, skip, config })
    }

    said_by_config!(TokenTransformerConfig);

    fn check_encodings(&self, encodings: &TokenStates) -> Result<(), Error> {
        check_token_states(encodings, self.config.query_dim, self.config.sentence_dim)
    }

    fn forward(&self, queries: TokenTensors) -> Tensor<2> {
        let (states, is_token) = queries.padded();
        let change =
            self.transformer.forward(self.transformer.enter(unit(states)), Some(padding_of(is_token)));
        skipped(queries.embeddings(), self.skip.as_ref()) + change
    }
}
