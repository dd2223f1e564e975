//! An index over item embeddings.

pub(crate) mod capabilities;
pub(crate) mod definition;
pub(crate) mod effort;
pub(crate) mod filter;
pub(crate) mod memory_use;
pub(crate) mod mutable;
pub(crate) mod persistent;
pub(crate) mod recall;
pub(crate) mod row_set;
pub(crate) mod search_params;
