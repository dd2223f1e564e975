//! A searching module with a learned pooling of a text's tokens.

use burn::{
    module::{Module, Param},
    tensor::{Device, Tensor, module::linear},
};
use ess_core::TokenStates;
use serde::{Deserialize, Serialize};

use super::pooled_states::pooled_states;
use crate::{
    blocks::{
        init::Init,
        skip::{skip_weight, skipped},
    },
    error::Error,
    module::{
        config::{ModuleConfig, is_open, module_config, said_by_config},
        token_tensors::{TokenTensors, check_token_states},
        trainable::{TrainableModule, check_dim},
    },
};

/// The config of a [`TokenAttention`] module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TokenAttentionConfig {
    /// `d_query`, the dimension of a token's state.
    #[serde(skip_serializing_if = "is_open")]
    pub query_dim: usize,
    /// `d_item`.
    #[serde(skip_serializing_if = "is_open")]
    pub item_dim: usize,
    /// The dimension of the sentence embedding beside the states. Default: `d_item`.
    #[serde(skip_serializing_if = "is_open")]
    pub sentence_dim: usize,
    /// `h`, the number of heads. Each head is a pooling with attention weights of its own. Between 1 and 64. Default:
    /// 4.
    pub heads: usize,
    /// The seed of the starting values. Default: 0.
    #[serde(skip_serializing_if = "is_open")]
    pub seed: u64,
}

impl Default for TokenAttentionConfig {
    fn default() -> Self {
        Self { query_dim: 0, item_dim: 0, sentence_dim: 0, heads: 4, seed: 0 }
    }
}

impl TokenAttentionConfig {
    /// The defaults for states of dimension `query_dim` and items of dimension `item_dim`.
    pub fn new(query_dim: usize, item_dim: usize) -> Self {
        Self::default().between(query_dim, item_dim)
    }

    fn sentence_dim(&self) -> usize {
        if self.sentence_dim == 0 { self.item_dim } else { self.sentence_dim }
    }

    fn check_settings(&self) -> Result<(), Error> {
        check_dim(TokenAttention::KIND, "sentence_dim", self.sentence_dim())?;
        if (1..=64).contains(&self.heads) {
            return Ok(());
        }
        Err(Error::Config {
            kind: TokenAttention::KIND,
            name: "heads",
            expected: "between 1 and 64".into(),
            found: self.heads.to_string(),
        })
    }
}

module_config!(TokenAttentionConfig, TokenAttention::KIND);

/// `z = s + [Σₜ pₜ₁ x̂ₜ, …, Σₜ pₜₕ x̂ₜ] W + b`, a learned pooling over the states of a query's tokens beside its
/// sentence embedding `s`. `x̂ₜ` is a state at unit norm. `p = softmax(g x̂ U)` over the tokens is the attention,
/// with a column for each head. `g` is [`TokenAttention::GAIN`].
///
/// `W` and `b` are zero at the start, so the module starts as the sentence embedding, and weight decay leads it back
/// to it. Where the dimensions of sentence embedding and items differ, `s W₀` takes the place of `s`, with a trained
/// matrix `W₀` whose starting values are random.
///
/// ```
/// use burn::tensor::Device;
/// use ess_core::{Embeddings, SearchModule, TokenStates};
/// use ess_search::{OnDevice, TokenAttention, TokenAttentionConfig, TrainableModule};
///
/// let device = Device::flex();
/// let module = OnDevice::new(TokenAttention::init(&TokenAttentionConfig::new(3, 2), &device)?, &device);
/// let sentences = Embeddings::from_rows(&[[1.0, 2.0]])?;
/// let states = TokenStates::from_texts(sentences.clone(), 3, &[vec![0.1; 6]])?;
/// assert_eq!(module.apply(&states)?, sentences);
/// # Ok::<(), ess_search::Error>(())
/// ```
#[derive(Module, Debug)]
pub struct TokenAttention {
    /// `U`, `d_query × h`.
    attention: Param<Tensor<2>>,
    /// `W`, `h · d_query × d_item`.
    weight: Param<Tensor<2>>,
    /// `b`, `d_item`.
    bias: Param<Tensor<1>>,
    /// `W₀`, `d_sentence × d_item`, where the dimensions differ.
    skip: Option<Param<Tensor<2>>>,
    #[module(skip)]
    config: TokenAttentionConfig,
}

impl TokenAttention {
    /// The factor on a parameter of the attention, for the reason given at [`Diagonal::GAIN`](crate::Diagonal::GAIN).
    pub const GAIN: f32 = 10.0;

    /// The concatenated poolings of all heads, `n × h · d_query`.
    fn pooled(&self, queries: &TokenTensors) -> Tensor<2> {
        let [width, heads] = self.attention.dims();
        pooled_states(queries, self.attention.val() * Self::GAIN).reshape([-1, (heads * width) as i64])
    }
}

impl TrainableModule for TokenAttention {
    const KIND: &'static str = "token_attention";
    type Config = TokenAttentionConfig;
    type Encoding = TokenStates;

    fn init(config: &TokenAttentionConfig, device: &Device) -> Result<Self, Error> {
        config.check()?;
        let config = TokenAttentionConfig { sentence_dim: config.sentence_dim(), ..config.clone() };
        let (query_dim, item_dim) = (config.query_dim, config.item_dim);
        let mut init = Init::new(config.seed, device);
        Ok(Self {
            attention: init.embedding_weight(query_dim, config.heads),
            weight: init.zero_weight(config.heads * query_dim, item_dim),
            bias: init.zero_bias(item_dim),
            skip: skip_weight(&mut init, config.sentence_dim, item_dim),
            config,
        })
    }

    said_by_config!(TokenAttentionConfig);

    fn check_encodings(&self, encodings: &TokenStates) -> Result<(), Error> {
        check_token_states(encodings, self.config.query_dim, self.config.sentence_dim)
    }

    fn forward(&self, queries: TokenTensors) -> Tensor<2> {
        let change = linear(self.pooled(&queries), self.weight.val(), Some(self.bias.val()));
        skipped(queries.embeddings(), self.skip.as_ref()) + change
    }
}
