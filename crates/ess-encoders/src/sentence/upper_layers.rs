//! The upper part of a split encoder, as a searching module.

use std::ops::Range;

use burn::{
    module::{Module, Param},
    tensor::{Device, Tensor, TensorData, activation},
};
use ess_core::{Embeddings, Encoding, Error as CoreError, SearchModule};

use super::{
    TokenStates,
    head::{DenseActivation, HeadStep, LAYER_NORM_EPSILON},
    pooling::{Pooling, PoolingMode},
};
use crate::{
    compute::{Compute, DeviceCompute},
    transformer::{Block, Linear, Norm, TokenBatch},
};

type Matrix = Param<Tensor<2>>;
type Vector = Param<Tensor<1>>;

/// The layers of an encoder from one on, its pooling, dense layers and normalisation: f_search over token states.
///
/// A Burn module: on an autodiff device its parameters can be trained. Made by
/// [`SentenceEncoder::split`](crate::SentenceEncoder::split).
#[derive(Module, Debug)]
pub struct UpperLayers {
    blocks: Vec<Block<Matrix, Vector>>,
    relative_positions: Option<Matrix>,
    dense: Vec<Linear<Matrix, Vector>>,
    norms: Vec<Norm<Vector>>,
    #[module(skip)]
    plan: Plan,
}

/// What is not a parameter.
#[derive(Clone, Debug)]
struct Plan {
    poolings: Vec<PoolingMode>,
    include_prompt: bool,
    steps: Vec<Step>,
    token_dim: usize,
    dim: usize,
}

/// What follows the pooling, by its place among `dense` and `norms`.
#[derive(Clone, Copy, Debug)]
enum Step {
    Dense(usize, DenseActivation),
    LayerNorm(usize),
    Normalize,
}

impl UpperLayers {
    pub(super) fn new(
        blocks: Vec<Block<Matrix, Vector>>,
        relative_positions: Option<Matrix>,
        pooling: &Pooling,
        head: &[HeadStep],
        token_dim: usize,
        device: &Device,
    ) -> Self {
        let compute = DeviceCompute::new(device.clone());
        let (mut dense, mut norms, mut steps) = (Vec::new(), Vec::new(), Vec::new());
        let mut dim = pooling.dim(token_dim);
        for step in head {
            match step {
                HeadStep::Dense(layer) => {
                    steps.push(Step::Dense(dense.len(), layer.activation));
                    let weight = compute.matrix(layer.weight.clone(), [layer.bias.len(), dim]);
                    let bias = compute.vector(layer.bias.clone());
                    dense.push(Linear { weight, bias });
                }
                HeadStep::LayerNorm { weight, bias } => {
                    steps.push(Step::LayerNorm(norms.len()));
                    let (weight, bias) = (compute.vector(weight.clone()), compute.vector(bias.clone()));
                    norms.push(Norm { weight, bias, epsilon: LAYER_NORM_EPSILON });
                }
                HeadStep::Normalize => steps.push(Step::Normalize),
            }
            dim = step.dim(dim);
        }
        let poolings = pooling.modes.clone();
        let include_prompt = pooling.include_prompt;
        let plan = Plan { poolings, include_prompt, steps, token_dim, dim };
        Self { blocks, relative_positions, dense, norms, plan }
    }

    /// The sentence embeddings (`n × d`) of the token states of `n` texts, on the module's device, differentiable.
    ///
    /// # Panics
    /// When a text has no token, which only happens with tokenizers that add no special tokens.
    pub fn forward(&self, states: &TokenStates) -> Tensor<2> {
        let device = self.device();
        let compute = DeviceCompute::new(device.clone());
        let batch = TokenBatch::of_lengths((0..states.rows()).map(|row| states.tokens(row)));
        let shape = [batch.tokens(), states.token_dim()];
        let mut tokens = Tensor::from_data(TensorData::new(states.packed().to_vec(), shape), &device);
        for block in &self.blocks {
            tokens = block.forward(&compute, tokens, &batch, self.relative_positions.as_ref());
        }
        let skipped = if self.plan.include_prompt { 0 } else { states.skipped() };
        let pooled = self.plan.poolings.iter().map(|mode| pool(*mode, &tokens, &batch, skipped));
        self.head(&compute, Tensor::cat(pooled.collect(), 1))
    }

    fn head(&self, compute: &DeviceCompute, mut vectors: Tensor<2>) -> Tensor<2> {
        for step in &self.plan.steps {
            vectors = match *step {
                Step::Dense(at, activation) => {
                    activate(compute.project(&vectors, &self.dense[at]), activation)
                }
                Step::LayerNorm(at) => compute.normalize(vectors, &self.norms[at]),
                Step::Normalize => {
                    let lengths = (vectors.clone() * vectors.clone()).sum_dim(1).sqrt();
                    vectors / lengths.clamp_min(f32::MIN_POSITIVE)
                }
            };
        }
        vectors
    }

    fn device(&self) -> Device {
        let block = self.blocks.first().map(|block| block.qkv.weight.device());
        let dense = self.dense.first().map(|dense| dense.weight.device());
        block.or(dense).unwrap_or_else(Device::flex)
    }
}

/// `n × d` from `T × d`.
fn pool(mode: PoolingMode, tokens: &Tensor<2>, batch: &TokenBatch, skipped: usize) -> Tensor<2> {
    if mode == PoolingMode::Max {
        let own = |range: Range<usize>| {
            tokens.clone().slice_dim(0, (range.start + skipped).min(range.end - 1)..range.end)
        };
        return Tensor::cat(batch.ranges().map(|range| own(range).max_dim(0)).collect(), 0);
    }
    let mut weights = Vec::with_capacity(batch.texts() * batch.tokens());
    for (text, range) in batch.ranges().enumerate() {
        weights.resize(text * batch.tokens() + range.start, 0.0);
        weights.extend(mode.weights(range.len(), skipped).into_iter().flatten());
    }
    weights.resize(batch.texts() * batch.tokens(), 0.0);
    let shape = [batch.texts(), batch.tokens()];
    Tensor::from_data(TensorData::new(weights, shape), &tokens.device()).matmul(tokens.clone())
}

fn activate(values: Tensor<2>, function: DenseActivation) -> Tensor<2> {
    match function {
        DenseActivation::Identity => values,
        DenseActivation::Tanh => values.tanh(),
        DenseActivation::Relu => activation::relu(values),
        DenseActivation::Sigmoid => activation::sigmoid(values),
    }
}

impl SearchModule<TokenStates> for UpperLayers {
    fn query_dim(&self) -> usize {
        self.plan.token_dim
    }

    fn item_dim(&self) -> usize {
        self.plan.dim
    }

    fn apply(&self, states: &TokenStates) -> Result<Embeddings, CoreError> {
        CoreError::check_dim("token states given to upper layers", self.plan.token_dim, states.token_dim())?;
        if (0..states.rows()).any(|row| states.tokens(row) == 0) {
            return Err(CoreError::Empty { what: "tokens of a text" });
        }
        let found = DeviceCompute::new(self.device()).to_host(&self.forward(states))?;
        Embeddings::from_vec(found.values, self.plan.dim)
    }
}
