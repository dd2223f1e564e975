//! Ranks of known tails and heads among all entities.

pub(crate) mod definition;
pub(crate) mod ranks;
pub(crate) mod summary;

#[cfg(test)]
mod tests;
