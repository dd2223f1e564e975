//! Knowledge graphs: triples, what is known of them, and what kind each relation is of.

pub(crate) mod category;
pub(crate) mod definition;
pub(crate) mod known;
pub(crate) mod leakage;
pub(crate) mod triple;
mod triple_file;
