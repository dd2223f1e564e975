//! Sentence encoders: a transformer, pooling, and what comes behind it.

mod encoder;
mod engine;
mod head;
mod layer_encoder;
mod merged;
mod modules;
mod pooling;
mod prompts;
mod token_states;
mod two_towers;
mod upper_layers;

pub use encoder::SentenceEncoder;
pub use layer_encoder::LayerEncoder;
pub use merged::MergedEncoder;
pub use token_states::{TokenEncoder, TokenStates};
pub use two_towers::TwoTowerEncoder;
pub use upper_layers::UpperLayers;

pub(crate) use engine::Engine;
