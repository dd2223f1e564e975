//! The losses against their definitions in double precision: values, and gradients as slopes of the definitions.

#![allow(clippy::unwrap_used, reason = "a test may")]

mod batches;
mod formulas;
mod gradients;
mod scorings;
mod values;
