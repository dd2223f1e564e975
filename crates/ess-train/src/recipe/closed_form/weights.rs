//! Weights of queries as fits take them.

use crate::data::query_set::definition::QuerySet;

/// The weights of queries, where they differ.
pub(super) fn weights(queries: &QuerySet) -> Option<Vec<f64>> {
    let weights = queries.weights();
    let differ = weights.windows(2).any(|pair| pair[0] != pair[1]);
    differ.then(|| weights.iter().map(|&weight| f64::from(weight)).collect())
}
