//! Training of relations, and of entities unless they are frozen.

mod asked;
pub(crate) mod batch_norm;
mod batches;
pub(crate) mod config;
pub(crate) mod definition;
mod dropout;
pub(crate) mod normalisation;
mod optimizer;
mod penalty;
pub(crate) mod precision;
mod products;
pub(crate) mod progress;
pub(crate) mod report;
mod softmax;
mod state;
mod step;

#[cfg(test)]
mod tests;
