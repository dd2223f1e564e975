//! What holds for every loss: gradients are slopes, all devices compute the same, and odd data are survived.

mod batch;
mod case;
mod every_loss;
mod invariants;
mod odd_data;
mod training;
mod weights;
