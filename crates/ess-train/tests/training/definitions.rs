//! The losses against their definitions in double precision: values, and gradients as slopes of the definitions.

mod batches;
mod formulas;
mod gradients;
mod scorings;
mod values;
