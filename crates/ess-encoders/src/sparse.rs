//! Learned sparse encoders: vectors over a vocabulary.

mod encoder;
mod loading;
mod masked_encoder;
mod masked_head;
mod pooling;
mod term_weights;
mod way;

pub use encoder::SparseEncoder;
