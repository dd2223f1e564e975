//! Poolings of a query's token states by learned vectors.

use burn::tensor::{Tensor, activation::softmax, module::linear};

use crate::{
    blocks::unit::unit,
    module::token_tensors::{TokenTensors, padding_of},
};

/// `n × h × d_query`: for each of the `h` columns `u` of `attention` (`d_query × h`) the mean of a text's states at unit norm with the
/// weights `softmax(⟨x̂ₜ, u⟩)` over its tokens. Zeros for a text without tokens.
pub(super) fn pooled_states(queries: &TokenTensors, attention: Tensor<2>) -> Tensor<3> {
    let (states, is_token) = queries.padded();
    let [rows, count, _] = states.dims();
    let heads = attention.dims()[1];
    let states = unit(states);
    let logits = linear(states.clone(), attention, None);
    let logits = logits + padding_of(is_token).unsqueeze_dim::<3>(2) * -1e9;
    // n × h × T times n × T × d.
    softmax(logits, 1).reshape([rows, count, heads]).swap_dims(1, 2).matmul(states)
}
