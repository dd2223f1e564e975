//! What says that an item is relevant to a query, and what it is made from.

pub(crate) mod candidates;
pub(crate) mod neighbours;
pub(crate) mod passes;
pub(crate) mod trust;
pub(crate) mod weights;
