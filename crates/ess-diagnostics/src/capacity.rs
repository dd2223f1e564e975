//! Which sets of items queries of a space can rank above all others: the capacity test of LIMIT.

mod cholesky;
pub(crate) mod combinations;
pub(crate) mod free_embeddings;
mod free_run;
mod nearest_point;
pub(crate) mod top_sets;
pub(crate) mod top_sets_report;
