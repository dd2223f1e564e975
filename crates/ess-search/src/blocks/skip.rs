//! What a residual module adds its change to.

use burn::{module::Param, tensor::Tensor};

use super::init::Init;

/// None where the dimensions agree: the change is added to the query itself. A trained `d_query × d_item` matrix where
/// they differ: it is added to `q W`.
pub(crate) fn skip_weight(
    init: &mut Init<'_>,
    query_dim: usize,
    item_dim: usize,
) -> Option<Param<Tensor<2>>> {
    (query_dim != item_dim).then(|| init.weight(query_dim, item_dim))
}

/// The queries (`n × d_query`) in the item space (`n × d_item`), before any change.
pub(crate) fn skipped(queries: Tensor<2>, weight: Option<&Param<Tensor<2>>>) -> Tensor<2> {
    match weight {
        Some(weight) => queries.matmul(weight.val()),
        None => queries,
    }
}
