//! Which encoders can be trained, and their sizes.

use crate::{
    compute::host::activation_gradient::Differentiable,
    error::Error,
    model::transformer_config::TransformerConfig,
    sentence::{
        encoder::SentenceEncoder,
        head::HeadStep,
        pooling::{Pooling, PoolingMode},
    },
    transformer::attention_shape::AttentionShape,
};

/// What a forward pass needs to know beside the parameters.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    pub(super) dim: usize,
    pub(super) attention: AttentionShape,
    pub(super) activation: Differentiable,
    pub(super) epsilon: f32,
    /// As in `Tables`.
    pub(super) padding: Option<u32>,
    pub(super) poolings: Vec<PoolingMode>,
    /// Whether the pooled vectors are brought to unit norm.
    pub(super) normalizes: bool,
}

impl Shape {
    /// The shape of an encoder, or why it cannot be trained.
    pub(super) fn of(encoder: &SentenceEncoder) -> Result<Self, Error> {
        let config = &encoder.config;
        let activation = Differentiable::of(config.activation);
        let Some(activation) = activation.filter(|_| is_plain(config)) else {
            let expected = "an encoder of the BERT family with learned positions and GELU or ReLU";
            return Err(refused(expected, config.architecture.model_types.join(", ")));
        };
        let Pooling { modes, .. } = &encoder.pooling;
        if modes.contains(&PoolingMode::Max) {
            return Err(refused(
                "a pooling that is a weighted sum of token states",
                "the maximum".to_owned(),
            ));
        }
        let normalizes = match encoder.head.as_slice() {
            [] => false,
            [HeadStep::Normalize] => true,
            _ => {
                let found = "other layers behind the pooling".to_owned();
                return Err(refused("nothing but scaling to unit norm behind the pooling", found));
            }
        };
        Ok(Self {
            dim: config.dim,
            attention: config.attention(0),
            activation,
            epsilon: config.norm_epsilon,
            padding: config.padding,
            poolings: modes.clone(),
            normalizes,
        })
    }

    /// The dimension of the vectors.
    pub(super) fn vector_dim(&self) -> usize {
        self.poolings.len() * self.dim
    }
}

/// Whether the layers are those of BERT, with tables and biases of every kind.
fn is_plain(config: &TransformerConfig) -> bool {
    let names = &config.architecture.names;
    let others = [
        names.attention_input_norm,
        names.attention_output_norm,
        names.input_norm,
        names.output_norm,
        names.final_norm,
        names.output,
    ];
    let tables = config.embedding_dim == config.dim
        && config.layer_groups.is_none()
        && config.position_rows() > 0
        && config.relative_buckets == 0
        && !config.architecture.projection_first
        && !config.architecture.scaled_words
        && names.embedding_norm.is_some();
    let mut attention = (0..config.layers.max(1)).map(|layer| config.attention(layer));
    let plain = |shape: AttentionShape| {
        !shape.causal && shape.reach.is_none() && !shape.linear_biases && shape.kv_heads == shape.heads
    };
    config.is_bert_like()
        && tables
        && names.qkv.len() == 3
        && names.up.len() == 1
        && others.iter().all(Option::is_none)
        && config.biases == [true; 4]
        && config.norm_bias
        && config.convolution.is_none()
        && attention.all(plain)
}

fn refused(expected: &'static str, found: String) -> Error {
    Error::NotTrainable { expected, found }
}
