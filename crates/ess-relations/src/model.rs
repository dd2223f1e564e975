//! Relation models: f_r, what it is made of, and models by name.

pub(crate) mod by_row;
mod complex;
pub(crate) mod config;
mod cp;
pub(crate) mod definition;
mod dist_mult;
mod mei;
mod rotate;
mod simple;
pub(crate) mod table;

#[cfg(test)]
mod tests;
