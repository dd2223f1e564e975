//! An index whose items have ids of the caller's.

mod change;
pub(crate) mod index;
pub(crate) mod item_vectors;
pub(crate) mod row_id;
mod stored;
pub(crate) mod stored_vectors;
