//! Which transformers can be trained, and their sizes.

use crate::{
    compute::host::activation_gradient::Differentiable, error::Error,
    model::transformer_config::TransformerConfig, transformer::attention_shape::AttentionShape,
};

/// What a forward pass needs to know beside the parameters.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    pub(crate) dim: usize,
    pub(crate) attention: AttentionShape,
    pub(crate) activation: Differentiable,
    pub(crate) epsilon: f32,
    /// As in `Tables`.
    pub(crate) padding: Option<u32>,
}

impl Shape {
    /// The shape of a transformer, or why it cannot be trained.
    pub(crate) fn of(config: &TransformerConfig) -> Result<Self, Error> {
        let activation = Differentiable::of(config.activation);
        let Some(activation) = activation.filter(|_| is_plain(config)) else {
            let expected = "an encoder of the BERT family with learned positions and GELU, ReLU or tanh";
            let found = config.architecture.model_types.join(", ");
            return Err(Error::NotTrainable { expected, found });
        };
        Ok(Self {
            dim: config.dim,
            attention: config.attention(0),
            activation,
            epsilon: config.norm_epsilon,
            padding: config.padding,
        })
    }
}

/// Whether the layers are those of BERT, with tables and biases of every kind.
fn is_plain(config: &TransformerConfig) -> bool {
    let names = &config.architecture.names;
    let others = [
        names.attention_input_norm,
        names.attention_output_norm,
        names.attention_sum_norm,
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
