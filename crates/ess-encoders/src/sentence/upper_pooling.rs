//! Pooling of token states as a part of what is trained.

use std::ops::Range;

use burn::tensor::{Tensor, TensorData};

use super::pooling::PoolingMode;
use crate::transformer::token_batch::TokenBatch;

/// `n × d` from `T × d`.
pub(super) fn pool(mode: PoolingMode, tokens: &Tensor<2>, batch: &TokenBatch, skipped: usize) -> Tensor<2> {
    if mode == PoolingMode::Max {
        let own = |range: Range<usize>| {
            let first = range.start + skipped.min(range.len().saturating_sub(1));
            match range.is_empty() {
                true => Tensor::zeros([1, tokens.dims()[1]], &tokens.device()),
                false => tokens.clone().slice_dim(0, first..range.end).max_dim(0),
            }
        };
        return Tensor::cat(batch.ranges().map(own).collect(), 0);
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
