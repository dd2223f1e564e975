//! Training what happens to items, alone or beside the searching module.

pub(crate) mod config;
mod first_rank;
pub(crate) mod fit;
pub(crate) mod nudge;
pub(crate) mod offsets;
mod offsets_training;
pub(crate) mod radius;
mod training;
mod two_sides;
