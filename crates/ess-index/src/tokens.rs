//! Items as the vectors of their tokens, compared by MaxSim.

pub(crate) mod builder;
mod codec;
pub(crate) mod compressed;
mod consistency;
mod file;
pub(crate) mod index;
pub(crate) mod index_builder;
mod lists;
mod max_sim;
pub(crate) mod muvera;
mod probe;
pub(crate) mod settings;
mod unit;
