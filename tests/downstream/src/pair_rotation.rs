//! A searching module that turns each pair of dimensions by an angle of its own.

use ess_kit::{
    prelude::*,
    search::{Error, MAX_DIM, ModuleConfig},
};
use serde::{Deserialize, Serialize};

/// `(x, y) ↦ (x cos θ − y sin θ, x sin θ + y cos θ)` for dimensions `2i` and `2i + 1`, with `θᵢ = 0` at the start.
///
/// It keeps the length of every query and has `d / 2` parameters, so that it can be learned from few queries and holds
/// for items that training never saw.
#[derive(Module, Debug)]
pub struct PairRotation {
    /// `d / 2`, in radians.
    angles: Param<Tensor<1>>,
    #[module(skip)]
    config: PairRotationConfig,
}

/// What a [`PairRotation`] is made from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PairRotationConfig {
    /// `d`, of queries and items alike; even. Where it is left out, in a recipe by name, it is that of the embeddings.
    pub dim: usize,
}

/// What a recipe by name fills in and checks.
impl ModuleConfig for PairRotationConfig {
    fn between(mut self, query_dim: usize, _item_dim: usize) -> Self {
        self.dim = if self.dim == 0 { query_dim } else { self.dim };
        self
    }

    /// Every angle starts at 0, whatever the seed.
    fn reseeded(self, _seed: u64) -> Self {
        self
    }

    fn dims(&self) -> (usize, usize) {
        (self.dim, self.dim)
    }

    fn check(&self) -> Result<(), Error> {
        if self.dim > 0 && self.dim.is_multiple_of(2) && self.dim <= MAX_DIM {
            return Ok(());
        }
        let (expected, found) = (format!("even, between 2 and {MAX_DIM}"), self.dim.to_string());
        Err(Error::Config { kind: PairRotation::KIND, name: "dim", expected, found })
    }
}

impl TrainableModule for PairRotation {
    const KIND: &'static str = "pair_rotation";
    type Config = PairRotationConfig;
    type Encoding = Embeddings;

    fn init(config: &PairRotationConfig, device: &Device) -> Result<Self, Error> {
        config.check()?;
        let angles = Param::from_tensor(Tensor::zeros([config.dim / 2], device));
        Ok(Self { angles, config: config.clone() })
    }

    fn config(&self) -> &PairRotationConfig {
        &self.config
    }

    fn query_dim(&self) -> usize {
        self.config.dim
    }

    fn item_dim(&self) -> usize {
        self.config.dim
    }

    fn forward(&self, queries: Tensor<2>) -> Tensor<2> {
        let ([n, d], pairs) = (queries.dims(), self.config.dim / 2);
        let points = queries.reshape([n, pairs, 2]);
        let (x, y) = (points.clone().narrow(2, 0, 1), points.narrow(2, 1, 1));
        let angles: Tensor<3> = self.angles.val().reshape([1, pairs, 1]);
        let (cos, sin) = (angles.clone().cos(), angles.sin());
        let turned_x = x.clone() * cos.clone() - y.clone() * sin.clone();
        let turned_y = x * sin + y * cos;
        Tensor::cat(vec![turned_x, turned_y], 2).reshape([n, d])
    }
}
