//! What says that an item is relevant to a query: the features, what they are made from, and how much each counts.

pub(crate) mod asked;
pub(crate) mod candidates;
pub(crate) mod columns;
pub(crate) mod feature;
pub(crate) mod feedback;
pub(crate) mod found;
pub(crate) mod further;
pub(crate) mod kinds;
pub(crate) mod meter;
pub(crate) mod neighbours;
pub(crate) mod passes;
pub(crate) mod scale;
pub(crate) mod search_cost;
pub(crate) mod table;
pub(crate) mod trust;
pub(crate) mod weights;
