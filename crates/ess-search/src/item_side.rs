//! What happens to the items before they are indexed.

pub(crate) mod offsets;
pub(crate) mod side;
pub(crate) mod two_sided;
mod two_sided_state;
