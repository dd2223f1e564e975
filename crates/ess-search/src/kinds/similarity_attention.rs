//! A searching module that moves a query towards the states most similar to it.

use burn::{
    module::{Module, Param},
    tensor::{Bool, Device, Tensor, TensorData, activation::softmax, module::linear},
};
use ess_core::TokenStates;
use serde::{Deserialize, Serialize};

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

/// The config of a [`SimilarityAttention`] module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SimilarityAttentionConfig {
    /// `d_query`, the dimension of a state.
    #[serde(skip_serializing_if = "is_open")]
    pub query_dim: usize,
    /// `d_item`.
    #[serde(skip_serializing_if = "is_open")]
    pub item_dim: usize,
    /// The dimension of the sentence embedding beside the states. Default: `d_item`.
    #[serde(skip_serializing_if = "is_open")]
    pub sentence_dim: usize,
    /// The seed of the starting weights. It has an effect only where the dimensions differ. Default: 0.
    #[serde(skip_serializing_if = "is_open")]
    pub seed: u64,
}

impl SimilarityAttentionConfig {
    /// The defaults for states of dimension `query_dim` and items of dimension `item_dim`.
    pub fn new(query_dim: usize, item_dim: usize) -> Self {
        Self::default().between(query_dim, item_dim)
    }

    fn sentence_dim(&self) -> usize {
        if self.sentence_dim == 0 { self.item_dim } else { self.sentence_dim }
    }

    fn check_settings(&self) -> Result<(), Error> {
        check_dim(SimilarityAttention::KIND, "sentence_dim", self.sentence_dim())
    }
}

module_config!(SimilarityAttentionConfig, SimilarityAttention::KIND);

/// `z = s + g (a + w) ⊙ Σₜ pₜ x̂ₜ` over states `x` beside a sentence embedding `s`, with
/// `p = softmax(τ (1 + g b) ⟨ŝ, x̂ₜ⟩ + g ⟨u, x̂ₜ⟩)`. `ŝ` and `x̂ₜ` have unit norm. States of the prompt are left out.
/// `g` is [`SimilarityAttention::GAIN`] and `τ` is [`SimilarityAttention::SHARPNESS`].
///
/// The module is meant for the items that a first pass of the index found (`FirstPass` in `ess-searchers`), which
/// take the place of tokens. It is then relevance feedback with trained sharpness (`b`), preference (`u`) and
/// strength (`a`, and `w` for each dimension). With `a = 0.03` and the rest 0 it is `FeedbackSearcher` with default
/// strength and temperature. It has `2 d_item + 2` parameters, so a few training queries are enough.
///
/// Over found items, train it with a loss on ranks such as ApproxNDCG. With softmax over all items, the loss fell in
/// our runs while the ranking became worse.
///
/// All parameters are zero at the start, so the module starts as the sentence embedding, and weight decay leads it
/// back to it. Where the dimensions of a state and of the items differ, `x P` takes the place of `x`; where those of
/// the sentence embedding and of the items differ, `s W₀` takes the place of `s`. The starting values of these
/// trained matrices are random.
///
/// ```
/// use burn::tensor::Device;
/// use ess_core::{Embeddings, SearchModule, TokenStates};
/// use ess_search::{OnDevice, SimilarityAttention, SimilarityAttentionConfig, TrainableModule};
///
/// let device = Device::flex();
/// let module = SimilarityAttention::init(&SimilarityAttentionConfig::new(2, 2), &device)?;
/// let queries = Embeddings::from_rows(&[[1.0, 2.0]])?;
/// let found = TokenStates::from_texts(queries.clone(), 2, &[[0.6, 0.8, 0.8, 0.6]])?;
/// assert_eq!(OnDevice::new(module, &device).apply(&found)?, queries);
/// # Ok::<(), ess_search::Error>(())
/// ```
#[derive(Module, Debug)]
pub struct SimilarityAttention {
    /// `a`, 1.
    strength: Param<Tensor<1>>,
    /// `w`, `d_item`.
    by_dimension: Param<Tensor<1>>,
    /// `b`, 1.
    sharpness: Param<Tensor<1>>,
    /// `u`, `d_item × 1`.
    taste: Param<Tensor<2>>,
    /// `P`, `d_query × d_item`, where the dimensions differ.
    project: Option<Param<Tensor<2>>>,
    /// `W₀`, `d_sentence × d_item`, where the dimensions differ.
    skip: Option<Param<Tensor<2>>>,
    #[module(skip)]
    config: SimilarityAttentionConfig,
}

impl SimilarityAttention {
    /// The factor on a parameter, for the reason given at [`Diagonal::GAIN`](crate::Diagonal::GAIN).
    pub const GAIN: f32 = 10.0;
    /// The factor on similarities at the start of training, `τ`.
    pub const SHARPNESS: f32 = 10.0;

    /// The mask of the attention, `n × T`: 1 for padding and for the prompt, 0 elsewhere.
    fn masked(queries: &TokenTensors, is_token: Tensor<2, Bool>) -> Tensor<2> {
        let [rows, count] = is_token.dims();
        let device = is_token.device();
        let prompt: Vec<bool> =
            (0..rows * count).map(|position| position % count < queries.prompt_tokens()).collect();
        let prompt = Tensor::<2, Bool>::from_data(TensorData::new(prompt, [rows, count]), &device);
        padding_of(is_token).mask_fill(prompt, 1.0)
    }

    /// `Σₜ pₜ x̂ₜ`, `n × d_item`. `sentences` are in the item space.
    fn attended(&self, queries: &TokenTensors, sentences: Tensor<2>) -> Tensor<2> {
        let (states, is_token) = queries.padded();
        let masked = Self::masked(queries, is_token).unsqueeze_dim::<3>(2);
        let states = match &self.project {
            Some(project) => linear(states, project.val(), None),
            None => states,
        };
        let [rows, count, width] = states.dims();
        let states = unit(states) * (masked.clone().neg() + 1.0);
        let similarities = (states.clone() * unit(sentences).unsqueeze_dim::<3>(1)).sum_dim(2);
        let sharpness = (self.sharpness.val() * Self::GAIN + 1.0) * Self::SHARPNESS;
        let flat = states.clone().reshape([rows * count, width]);
        let taste = flat.matmul(self.taste.val() * Self::GAIN).reshape([rows, count, 1]);
        let logits = similarities * sharpness.unsqueeze::<3>() + taste + masked * -1e9;
        (states * softmax(logits, 1)).sum_dim(1).reshape([rows, width])
    }
}

impl TrainableModule for SimilarityAttention {
    const KIND: &'static str = "similarity_attention";
    type Config = SimilarityAttentionConfig;
    type Encoding = TokenStates;

    fn init(config: &SimilarityAttentionConfig, device: &Device) -> Result<Self, Error> {
        config.check()?;
        let config = SimilarityAttentionConfig { sentence_dim: config.sentence_dim(), ..config.clone() };
        let mut init = Init::new(config.seed, device);
        Ok(Self {
            strength: init.zero_bias(1),
            by_dimension: init.zero_bias(config.item_dim),
            sharpness: init.zero_bias(1),
            taste: init.zero_weight(config.item_dim, 1),
            project: skip_weight(&mut init, config.query_dim, config.item_dim),
            skip: skip_weight(&mut init, config.sentence_dim, config.item_dim),
            config,
        })
    }

    said_by_config!(SimilarityAttentionConfig);

    fn check_encodings(&self, encodings: &TokenStates) -> Result<(), Error> {
        check_token_states(encodings, self.config.query_dim, self.config.sentence_dim)
    }

    fn forward(&self, queries: TokenTensors) -> Tensor<2> {
        let sentences = skipped(queries.embeddings(), self.skip.as_ref());
        let attended = self.attended(&queries, sentences.clone());
        let strength = (self.strength.val() + self.by_dimension.val()) * Self::GAIN;
        sentences + attended * strength.unsqueeze::<2>()
    }
}
