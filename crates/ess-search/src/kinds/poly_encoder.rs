//! A Poly-encoder over the states of a query's tokens.

use std::sync::Arc;

use burn::{
    module::{Module, Param},
    tensor::{Device, Tensor, module::linear},
};
use ess_core::{Mixture, Scoring, TokenStates};
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

/// The config of a [`PolyEncoder`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PolyEncoderConfig {
    /// `d_query`, the dimension of a token's state.
    #[serde(skip_serializing_if = "is_open")]
    pub query_dim: usize,
    /// `d_item`.
    #[serde(skip_serializing_if = "is_open")]
    pub item_dim: usize,
    /// The dimension of the sentence embedding beside the states. Default: `d_item`.
    #[serde(skip_serializing_if = "is_open")]
    pub sentence_dim: usize,
    /// `m`, the number of codes, each of which gives one vector of the query. Between 1 and 256. Default: 16.
    pub codes: usize,
    /// `β`, the factor of the inner products by which an item chooses among the vectors. At least 0, at most 10000. Default: 10,
    /// for items of unit norm.
    pub sharpness: f32,
    /// The seed of the starting values. Default: 0.
    #[serde(skip_serializing_if = "is_open")]
    pub seed: u64,
}

impl Default for PolyEncoderConfig {
    fn default() -> Self {
        Self { query_dim: 0, item_dim: 0, sentence_dim: 0, codes: 16, sharpness: 10.0, seed: 0 }
    }
}

impl PolyEncoderConfig {
    /// The defaults for states of dimension `query_dim` and items of dimension `item_dim`.
    pub fn new(query_dim: usize, item_dim: usize) -> Self {
        Self::default().between(query_dim, item_dim)
    }

    fn sentence_dim(&self) -> usize {
        if self.sentence_dim == 0 { self.item_dim } else { self.sentence_dim }
    }

    fn check_settings(&self) -> Result<(), Error> {
        check_dim(PolyEncoder::KIND, "sentence_dim", self.sentence_dim())?;
        let refuse = |name, expected: &str, found: String| {
            Err(Error::Config { kind: PolyEncoder::KIND, name, expected: expected.to_owned(), found })
        };
        if !(1..=256).contains(&self.codes) {
            return refuse("codes", "between 1 and 256", self.codes.to_string());
        }
        if !(0.0..=1e4).contains(&self.sharpness) {
            return refuse("sharpness", "between 0 and 10000", self.sharpness.to_string());
        }
        Ok(())
    }
}

module_config!(PolyEncoderConfig, PolyEncoder::KIND, has_scoring);

/// A Poly-encoder (Humeau et al. 2020) over frozen token states: `m` learned codes attend to the states and give `m` vectors, and each
/// item attends to those ([`Mixture`]).
///
/// `yⱼ = s + (Σₜ pₜⱼ x̂ₜ) W + bⱼ` for the code `uⱼ`, with `pⱼ = softmax(g ⟨x̂, uⱼ⟩)` over the tokens at unit norm and the sentence
/// embedding `s`; the score of an item is `Σⱼ wⱼ ⟨yⱼ, d⟩` with `w = softmax(β ⟨y, d⟩)`. `g` is [`PolyEncoder::GAIN`]. The paper has no
/// `s`, as it trains the encoder too; with it, and with `W` and `b` zero at the start, the module starts as the sentence embedding, to
/// which weight decay leads it back. Where the dimensions of sentence embedding and items differ, `s W₀` takes the place of `s`, with a
/// trained `W₀` whose starting values are random.
///
/// With `m = 1` it is [`TokenAttention`](crate::TokenAttention) with one head. A query is `m · d_item` components, which no index of
/// inner products takes as they are: `ScoredSearcher` of ess-searchers searches with them.
///
/// ```
/// use burn::tensor::Device;
/// use ess_core::{Embeddings, InnerProduct, Scored, SearchModule, Similarity, TokenStates};
/// use ess_search::{OnDevice, PolyEncoder, PolyEncoderConfig, TrainableModule};
///
/// let device = Device::flex();
/// let config = PolyEncoderConfig { codes: 4, ..PolyEncoderConfig::new(3, 2) };
/// let module = OnDevice::new(PolyEncoder::init(&config, &device)?, &device);
/// let sentences = Embeddings::from_rows(&[[1.0, 2.0]])?;
/// let queries = module.apply(&TokenStates::from_texts(sentences.clone(), 3, &[vec![0.1; 6]])?)?;
/// assert_eq!(queries.dim(), 4 * 2);
///
/// // Untrained, it scores as the sentence embedding does.
/// let (items, scoring) = (Embeddings::from_rows(&[[0.5, 0.25]])?, module.scoring().unwrap());
/// let scores = Scored::new(&*scoring).similarities(&queries, &items)?;
/// assert_eq!(scores, InnerProduct.similarities(&sentences, &items)?);
/// # Ok::<(), ess_search::Error>(())
/// ```
#[derive(Module, Debug)]
pub struct PolyEncoder {
    /// The codes, `d_query × m`.
    codes: Param<Tensor<2>>,
    /// `W`, `d_query × d_item`.
    weight: Param<Tensor<2>>,
    /// `b`, `m × d_item`.
    bias: Param<Tensor<2>>,
    /// `W₀`, `d_sentence × d_item`, where the dimensions differ.
    skip: Option<Param<Tensor<2>>>,
    #[module(skip)]
    config: PolyEncoderConfig,
}

impl PolyEncoder {
    /// The factor on a parameter of the attention, for the reason given at [`Diagonal::GAIN`](crate::Diagonal::GAIN).
    pub const GAIN: f32 = 10.0;
}

impl TrainableModule for PolyEncoder {
    const KIND: &'static str = "poly_encoder";
    type Config = PolyEncoderConfig;
    type Encoding = TokenStates;

    fn init(config: &PolyEncoderConfig, device: &Device) -> Result<Self, Error> {
        config.check()?;
        let config = PolyEncoderConfig { sentence_dim: config.sentence_dim(), ..config.clone() };
        let (query_dim, item_dim) = (config.query_dim, config.item_dim);
        let mut init = Init::new(config.seed, device);
        Ok(Self {
            codes: init.embedding_weight(query_dim, config.codes),
            weight: init.zero_weight(query_dim, item_dim),
            bias: init.zero_weight(config.codes, item_dim),
            skip: skip_weight(&mut init, config.sentence_dim, item_dim),
            config,
        })
    }

    said_by_config!(PolyEncoderConfig);

    fn scoring(&self) -> Option<Arc<dyn Scoring>> {
        Some(Arc::new(Mixture { vectors: self.config.codes, sharpness: self.config.sharpness }))
    }

    fn check_encodings(&self, encodings: &TokenStates) -> Result<(), Error> {
        check_token_states(encodings, self.config.query_dim, self.config.sentence_dim)
    }

    fn forward(&self, queries: TokenTensors) -> Tensor<2> {
        let pooled = pooled_states(&queries, self.codes.val() * Self::GAIN);
        let change = linear(pooled, self.weight.val(), None) + self.bias.val().unsqueeze_dim::<3>(0);
        let sentences = skipped(queries.embeddings(), self.skip.as_ref());
        let [rows, dim] = sentences.dims();
        (change + sentences.unsqueeze_dim::<3>(1)).reshape([rows, self.config.codes * dim])
    }
}
