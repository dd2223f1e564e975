//! A searching module that looks at the tokens of a query.

use ess_kit::{
    core::Error as CoreError,
    prelude::*,
    search::{Error, MAX_DIM, ModuleConfig, TokenTensors},
};
use serde::{Deserialize, Serialize};

/// `z = e + w ⊙ m` for the sentence embedding `e` and the mean `m` of the states of a query's tokens, with `w = 0` at the start.
#[derive(Module, Debug)]
pub struct TokenMean {
    /// `w`, `d`.
    weight: Param<Tensor<1>>,
    #[module(skip)]
    config: TokenMeanConfig,
}

/// What a [`TokenMean`] is made from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TokenMeanConfig {
    /// `d`, of tokens, sentence embeddings and items alike. Where it is left out, in a recipe by name, it is that of the tokens.
    pub dim: usize,
}

/// What a recipe by name fills in and checks.
impl ModuleConfig for TokenMeanConfig {
    fn between(mut self, token_dim: usize, _item_dim: usize) -> Self {
        self.dim = if self.dim == 0 { token_dim } else { self.dim };
        self
    }

    /// Every weight starts at 0, whatever the seed.
    fn reseeded(self, _seed: u64) -> Self {
        self
    }

    fn dims(&self) -> (usize, usize) {
        (self.dim, self.dim)
    }

    fn check(&self) -> Result<(), Error> {
        if (1..=MAX_DIM).contains(&self.dim) {
            return Ok(());
        }
        let (expected, found) = (format!("between 1 and {MAX_DIM}"), self.dim.to_string());
        Err(Error::Config { kind: TokenMean::KIND, name: "dim", expected, found })
    }
}

impl TrainableModule for TokenMean {
    const KIND: &'static str = "token_mean";
    type Config = TokenMeanConfig;
    type Encoding = TokenStates;

    fn init(config: &TokenMeanConfig, device: &Device) -> Result<Self, Error> {
        config.check()?;
        let weight = Param::from_tensor(Tensor::zeros([config.dim], device));
        Ok(Self { weight, config: config.clone() })
    }

    fn config(&self) -> &TokenMeanConfig {
        &self.config
    }

    fn query_dim(&self) -> usize {
        self.config.dim
    }

    fn item_dim(&self) -> usize {
        self.config.dim
    }

    fn check_encodings(&self, encodings: &TokenStates) -> Result<(), Error> {
        CoreError::check_dim("token states", self.config.dim, encodings.token_dim())?;
        Ok(CoreError::check_dim("sentence embeddings", self.config.dim, encodings.embeddings().dim())?)
    }

    fn forward(&self, queries: TokenTensors) -> Tensor<2> {
        let (sentences, (states, _)) = (queries.embeddings(), queries.padded());
        let counts: Vec<f32> = queries.lengths().map(|tokens| tokens.max(1) as f32).collect();
        let counts = Tensor::<1>::from_floats(counts.as_slice(), &sentences.device());
        // What pads a text is 0.
        let means = states.sum_dim(1).squeeze_dim::<2>(1) / counts.unsqueeze_dim::<2>(1);
        sentences + means * self.weight.val().unsqueeze::<2>()
    }
}
