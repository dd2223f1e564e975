//! The training loop.

mod batches;
mod best;
pub(crate) mod checkpoint;
pub(crate) mod config;
mod course;
pub(crate) mod curve;
pub(crate) mod definition;
pub(crate) mod kept;
mod loss_context;
pub(crate) mod negatives;
pub(crate) mod observer;
mod observers;
pub(crate) mod progress;
mod run;
pub(crate) mod schedule;
pub(crate) mod sides;
pub(crate) mod stop;
mod training;
