//! The upper part of a split encoder, as a trainable searching module.

use burn::{
    module::{Module, Param},
    tensor::{Device, Tensor},
};
use ess_core::TokenStates;
use ess_search::{Error, Init, TokenTensors, TrainableModule};

use super::{
    dense::Residual,
    head::{HeadStep, LAYER_NORM_EPSILON},
    upper_head::UpperHead,
    upper_layers_config::{HeadLayer, KIND, UpperLayersConfig},
    upper_pooling::pool,
};
use crate::{
    compute::device::definition::DeviceCompute,
    transformer::{
        attention_shape::AttentionShape,
        definition::{Block, Linear, Norm, NormKind},
        disentangled::Relative,
        operations::Compute,
        token_batch::TokenBatch,
    },
};

type Matrix = Param<Tensor<2>>;
type Vector = Param<Tensor<1>>;

/// The layers of an encoder from one on, its pooling, dense layers and normalisation: f_search over token states.
///
/// Comes from [`SentenceEncoder::split`](crate::SentenceEncoder::split), which gives it the encoder's weights; trained
/// with [`ModuleRecipe::from_module`](https://docs.rs/ess-train), saved and loaded as any module
/// (`Registry::token_states().with::<UpperLayers>()`).
///
/// ```
/// use burn::tensor::Device;
/// use ess_core::{Embeddings, SearchModule, TokenStates};
/// use ess_encoders::{UpperLayers, UpperLayersConfig};
/// use ess_search::{OnDevice, TrainableModule};
///
/// let config: UpperLayersConfig = serde_json::from_str(
///     r#"{"token_dim": 4, "layers": 1, "heads": 2, "feed_forward_dim": 8, "poolings": ["mean"]}"#,
/// ).unwrap();
/// let device = Device::flex();
/// let module = OnDevice::new(UpperLayers::init(&config, &device)?, &device);
/// let embeddings = Embeddings::from_rows(&[[1.0, 0.0]])?;
/// let states = TokenStates::from_texts(embeddings, 4, &[[0.5; 12]])?;
/// assert_eq!(module.apply(&states)?.dim(), 4);
/// # Ok::<(), ess_search::Error>(())
/// ```
#[derive(Module, Debug)]
pub struct UpperLayers {
    blocks: Vec<Block<Matrix, Vector>>,
    relative_positions: Option<Matrix>,
    dense: Vec<Linear<Matrix, Vector>>,
    norms: Vec<Norm<Vector>>,
    // Of the dense layers that add their input through a matrix.
    residuals: Vec<Matrix>,
    #[module(skip)]
    config: UpperLayersConfig,
}

impl UpperLayers {
    /// The encoder's own layers; `config` says what they are.
    pub(super) fn new(
        config: UpperLayersConfig,
        blocks: Vec<Block<Matrix, Vector>>,
        relative_positions: Option<Matrix>,
        head: &[HeadStep],
        device: &Device,
    ) -> Self {
        let compute = DeviceCompute::new(device.clone());
        let (mut dense, mut norms, mut residuals) = (Vec::new(), Vec::new(), Vec::new());
        let mut dim = config.pooled_dim();
        for step in head {
            match step {
                HeadStep::Dense(layer) => {
                    let weight = compute.matrix(layer.weight.clone(), [layer.bias.len(), dim]);
                    dense.push(Linear { weight, bias: compute.vector(layer.bias.clone()) });
                    if let Residual::Mapped(weight) = &layer.residual {
                        residuals.push(compute.matrix(weight.clone(), [layer.bias.len(), dim]));
                    }
                }
                HeadStep::LayerNorm { weight, bias } => {
                    let (weight, bias) = (compute.vector(weight.clone()), compute.vector(bias.clone()));
                    norms.push(Norm { weight, bias, epsilon: LAYER_NORM_EPSILON, kind: NormKind::Layer });
                }
                HeadStep::Normalize | HeadStep::Truncate(_) => {}
            }
            dim = step.dim(dim);
        }
        Self { blocks, relative_positions, dense, norms, residuals, config }
    }

    fn head(&self) -> UpperHead<'_> {
        UpperHead {
            layers: &self.config.head,
            dense: &self.dense,
            norms: &self.norms,
            residuals: &self.residuals,
        }
    }

    /// Each text's pooled states, `n × pooled`.
    fn pool(&self, tokens: Tensor<2>, batch: &TokenBatch, skipped: usize) -> Tensor<2> {
        if batch.tokens() == 0 {
            return Tensor::zeros([batch.texts(), self.config.pooled_dim()], &tokens.device());
        }
        let pooled = self.config.poolings.iter().map(|mode| pool(*mode, &tokens, batch, skipped));
        Tensor::cat(pooled.collect(), 1)
    }
}

impl TrainableModule for UpperLayers {
    const KIND: &'static str = KIND;
    type Config = UpperLayersConfig;
    type Encoding = TokenStates;

    fn init(config: &UpperLayersConfig, device: &Device) -> Result<Self, Error> {
        config.check()?;
        let (dim, inner) = (config.token_dim, config.feed_forward_dim);
        let mut init = Init::new(config.seed, device);
        let block = |init: &mut Init<'_>| Block {
            qkv: linear(init, 3 * dim, dim),
            attention_out: linear(init, dim, dim),
            attention_norm: Some(norm(dim, config.norm_epsilon, device)),
            up: linear(init, inner, dim),
            down: linear(init, dim, inner),
            norm: Some(norm(dim, config.norm_epsilon, device)),
            attention_sum_norm: None,
            attention_input_norm: None,
            attention_output_norm: None,
            input_norm: None,
            output_norm: None,
            query_norm: None,
            key_norm: None,
            attention: AttentionShape::bidirectional(dim, config.heads),
            activation: config.activation,
            gated: false,
        };
        let blocks = (0..config.layers).map(|_| block(&mut init)).collect();
        let relative_positions =
            (config.relative_buckets > 0).then(|| init.zero_weight(config.relative_buckets, config.heads));
        let (mut dense, mut norms, mut residuals) = (Vec::new(), Vec::new(), Vec::new());
        let mut width = config.pooled_dim();
        for layer in &config.head {
            match layer {
                HeadLayer::Dense { dim, residual, .. } => {
                    dense.push(linear(&mut init, *dim, width));
                    if *residual && *dim != width {
                        residuals.push(linear(&mut init, *dim, width).weight);
                    }
                }
                HeadLayer::LayerNorm => norms.push(norm(width, LAYER_NORM_EPSILON, device)),
                HeadLayer::Normalize | HeadLayer::Truncate { .. } => {}
            }
            width = layer.dim(width);
        }
        Ok(Self { blocks, relative_positions, dense, norms, residuals, config: config.clone() })
    }

    fn config(&self) -> &UpperLayersConfig {
        &self.config
    }

    fn query_dim(&self) -> usize {
        self.config.token_dim
    }

    fn item_dim(&self) -> usize {
        self.config.item_dim()
    }

    /// The sentence embeddings (`n × d_item`) of the token states of `n` texts; a text without tokens has the head's
    /// answer to zeros.
    fn forward(&self, states: TokenTensors) -> Tensor<2> {
        let mut tokens = states.packed();
        let compute = DeviceCompute::new(tokens.device());
        let batch = TokenBatch::of_lengths(states.lengths());
        if batch.tokens() > 0 {
            for block in &self.blocks {
                tokens = block.forward(
                    &compute,
                    tokens,
                    &batch,
                    self.relative_positions.as_ref().map(Relative::Bias),
                );
            }
        }
        let skipped = if self.config.include_prompt { 0 } else { states.prompt_tokens() };
        self.head().forward(&compute, self.pool(tokens, &batch, skipped))
    }
}

/// A weight of `d_out × d_in` that keeps the variance of its input, and a bias of zeros.
fn linear(init: &mut Init<'_>, d_out: usize, d_in: usize) -> Linear<Matrix, Vector> {
    let weight = init.weight(d_in, d_out).map(|weight| weight.transpose());
    Linear { weight, bias: init.zero_bias(d_out) }
}

fn norm(dim: usize, epsilon: f32, device: &Device) -> Norm<Vector> {
    let weight = Param::from_tensor(Tensor::ones([dim], device));
    Norm { weight, bias: Param::from_tensor(Tensor::zeros([dim], device)), epsilon, kind: NormKind::Layer }
}
