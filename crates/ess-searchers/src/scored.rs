//! Search with queries of several vectors, or that are small networks.

pub(crate) mod found;
pub(crate) mod searcher;
