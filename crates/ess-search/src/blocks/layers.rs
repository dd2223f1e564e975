//! Encodings of several concatenated vectors of one dimension, of which the first is the sentence embedding.

use burn::tensor::Tensor;

use crate::error::Error;

/// The number of vectors. Where it is left open (0), the number for which each vector has dimension `item_dim`.
pub(crate) fn layers_of(layers: usize, query_dim: usize, item_dim: usize) -> usize {
    if layers == 0 { query_dim.checked_div(item_dim).unwrap_or(1).max(1) } else { layers }
}

/// Refuses a number of vectors that does not divide the dimension of the query.
pub(crate) fn check_layers(kind: &'static str, query_dim: usize, layers: usize) -> Result<(), Error> {
    if query_dim.is_multiple_of(layers) {
        return Ok(());
    }
    let expected = format!("a divisor of the query dimension {query_dim}");
    Err(Error::Config { kind, name: "layers", expected, found: layers.to_string() })
}

/// The dimension of each vector.
pub(crate) fn width(query_dim: usize, layers: usize) -> usize {
    query_dim / layers
}

/// The first vector, the sentence embedding: `n × d` of `n × L · d`.
pub(crate) fn sentence(queries: Tensor<2>, width: usize) -> Tensor<2> {
    queries.narrow(1, 0, width)
}
