//! Sentence encoders: a transformer, pooling, and what comes behind it.

mod encoder;
mod engine;
mod head;
mod layer_encoder;
mod modules;
mod pooling;
mod prompts;
mod token_states;
mod two_towers;

pub use encoder::SentenceEncoder;
pub use layer_encoder::LayerEncoder;
pub use token_states::{TokenEncoder, TokenStates};
pub use two_towers::TwoTowerEncoder;

pub(crate) use engine::Engine;
