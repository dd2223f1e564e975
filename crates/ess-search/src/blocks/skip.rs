//! The skip connection of residual modules.

use burn::{module::Param, tensor::Tensor};

use super::init::Init;

/// The weight of the skip connection. `None` where the dimensions agree: the change is added to the query. Where they
/// differ, a trained matrix `W`, `d_query × d_item`: the change is added to `q W`.
pub(crate) fn skip_weight(
    init: &mut Init<'_>,
    query_dim: usize,
    item_dim: usize,
) -> Option<Param<Tensor<2>>> {
    (query_dim != item_dim).then(|| init.weight(query_dim, item_dim))
}

/// The queries (`n × d_query`) mapped into the item space (`n × d_item`), before a change is added.
pub(crate) fn skipped(queries: Tensor<2>, weight: Option<&Param<Tensor<2>>>) -> Tensor<2> {
    match weight {
        Some(weight) => queries.matmul(weight.val()),
        None => queries,
    }
}
