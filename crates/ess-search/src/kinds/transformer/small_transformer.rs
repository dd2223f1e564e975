//! Small transformers over a few vectors of one text.

use burn::{
    module::{Module, Param},
    tensor::{
        Tensor,
        activation::{gelu, softmax},
        module::linear,
    },
};
use serde::{Deserialize, Serialize};

use crate::{
    blocks::init::Init,
    error::Error,
    module::trainable::{MAX_PARAMETERS, check_dim},
};

/// The shape of a small transformer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TransformerShape {
    /// The number of blocks, between 1 and 16. Default: 1.
    pub blocks: usize,
    /// The width of a token in the blocks, a multiple of the number of heads. Default: 128.
    pub width: usize,
    /// The number of attention heads. Default: 4.
    pub heads: usize,
    /// The width of the hidden layer between two blocks. Default: 256.
    pub hidden: usize,
}

impl Default for TransformerShape {
    fn default() -> Self {
        Self { blocks: 1, width: 128, heads: 4, hidden: 256 }
    }
}

impl TransformerShape {
    pub(crate) fn check(&self, kind: &'static str) -> Result<(), Error> {
        let refuse = |name, expected: &str, found: usize| {
            Err(Error::Config { kind, name, expected: expected.to_owned(), found: found.to_string() })
        };
        if !(1..=16).contains(&self.blocks) {
            return refuse("blocks", "between 1 and 16", self.blocks);
        }
        check_dim(kind, "width", self.width)?;
        check_dim(kind, "hidden", self.hidden)?;
        if self.heads == 0 || !self.width.is_multiple_of(self.heads) {
            return refuse("heads", "a divisor of the width", self.heads);
        }
        let parameters = self.blocks * (4 * self.width * self.width + 2 * self.width * self.hidden);
        if parameters > MAX_PARAMETERS {
            return refuse(
                "blocks",
                "so few, or so narrow, that they have at most 2^29 parameters",
                self.blocks,
            );
        }
        Ok(())
    }
}

/// Pre-norm transformer blocks (Xiong et al. 2020) between two matrices, and the mean over the tokens:
/// `n × T × d_token → n × d_item`. The last matrix is zero at the start, so the result is zero.
#[derive(Module, Debug)]
pub(crate) struct SmallTransformer {
    /// `d_token × w`.
    enter: Param<Tensor<2>>,
    blocks: Vec<Block>,
    norm: Norm,
    /// `w × d_item`.
    leave: Param<Tensor<2>>,
    #[module(skip)]
    heads: usize,
}

impl SmallTransformer {
    pub(crate) fn new(
        init: &mut Init<'_>,
        shape: &TransformerShape,
        token_dim: usize,
        item_dim: usize,
    ) -> Self {
        let enter = init.embedding_weight(token_dim, shape.width);
        let blocks = (0..shape.blocks).map(|_| Block::new(init, shape)).collect();
        let (norm, leave) = (Norm::new(init, shape.width), init.zero_weight(shape.width, item_dim));
        Self { enter, blocks, norm, leave, heads: shape.heads }
    }

    /// Tokens in the width of the blocks: `n × T × d_token → n × T × w`.
    pub(crate) fn enter(&self, tokens: Tensor<3>) -> Tensor<3> {
        linear(tokens, self.enter.val(), None)
    }

    /// `n × T × w → n × d_item`; `padding` (`n × T`) is 1 where there is no token.
    pub(crate) fn forward(&self, mut tokens: Tensor<3>, padding: Option<Tensor<2>>) -> Tensor<2> {
        let [rows, count, width] = tokens.dims();
        for block in &self.blocks {
            tokens = block.forward(tokens, padding.as_ref(), self.heads);
        }
        let weights = match padding {
            Some(padding) => {
                let kept = padding.neg() + 1.0;
                kept.clone() / kept.sum_dim(1).clamp_min(1.0)
            }
            None => Tensor::full([rows, count], 1.0 / count as f32, &tokens.device()),
        };
        let pooled = (self.norm.forward(tokens) * weights.unsqueeze_dim(2)).sum_dim(1);
        pooled.reshape([rows, width]).matmul(self.leave.val())
    }
}

#[derive(Module, Debug)]
struct Block {
    attention_norm: Norm,
    /// Queries, keys and values: `w × 3 w`.
    attention: Param<Tensor<2>>,
    /// `w × w`.
    joined: Param<Tensor<2>>,
    hidden_norm: Norm,
    /// `w × h`.
    hidden: Param<Tensor<2>>,
    hidden_bias: Param<Tensor<1>>,
    /// `h × w`.
    result: Param<Tensor<2>>,
}

impl Block {
    fn new(init: &mut Init<'_>, shape: &TransformerShape) -> Self {
        let (width, hidden) = (shape.width, shape.hidden);
        Self {
            attention_norm: Norm::new(init, width),
            attention: init.weight(width, 3 * width),
            joined: init.weight(width, width),
            hidden_norm: Norm::new(init, width),
            hidden: init.weight(width, hidden),
            hidden_bias: init.zero_bias(hidden),
            result: init.weight(hidden, width),
        }
    }

    fn forward(&self, tokens: Tensor<3>, padding: Option<&Tensor<2>>, heads: usize) -> Tensor<3> {
        let tokens = tokens.clone() + self.attend(self.attention_norm.forward(tokens), padding, heads);
        let normed = self.hidden_norm.forward(tokens.clone());
        let hidden = gelu(linear(normed, self.hidden.val(), Some(self.hidden_bias.val())));
        tokens + linear(hidden, self.result.val(), None)
    }

    fn attend(&self, tokens: Tensor<3>, padding: Option<&Tensor<2>>, heads: usize) -> Tensor<3> {
        let [rows, count, width] = tokens.dims();
        let head = width / heads;
        let projected = linear(tokens, self.attention.val(), None);
        let part = |at: usize| {
            let part = projected.clone().narrow(2, at * width, width);
            part.reshape([rows, count, heads, head]).swap_dims(1, 2)
        };
        let (queries, keys, values): (Tensor<4>, Tensor<4>, Tensor<4>) = (part(0), part(1), part(2));
        let mut scores = queries.matmul(keys.swap_dims(2, 3)) / (head as f32).sqrt();
        if let Some(padding) = padding {
            scores = scores + padding.clone().reshape([rows, 1, 1, count]) * -1e9;
        }
        let attended = softmax(scores, 3).matmul(values).swap_dims(1, 2).reshape([rows, count, width]);
        linear(attended, self.joined.val(), None)
    }
}

/// Layer normalisation with a gain of `1 + g`, so that weight decay leads the gain to 1.
#[derive(Module, Debug)]
struct Norm {
    gain: Param<Tensor<1>>,
    bias: Param<Tensor<1>>,
}

impl Norm {
    fn new(init: &Init<'_>, width: usize) -> Self {
        Self { gain: init.zero_bias(width), bias: init.zero_bias(width) }
    }

    fn forward(&self, tokens: Tensor<3>) -> Tensor<3> {
        let centred = tokens.clone() - tokens.mean_dim(2);
        let variance = (centred.clone() * centred.clone()).mean_dim(2);
        let normed = centred / (variance + 1e-5).sqrt();
        normed * (self.gain.val().unsqueeze() + 1.0) + self.bias.val().unsqueeze()
    }
}
