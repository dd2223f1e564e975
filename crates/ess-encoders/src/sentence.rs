//! Sentence encoders: a transformer, pooling, and what comes behind it.

mod dense;
pub(crate) mod encoder;
mod encoding;
pub(crate) mod engine;
pub(crate) mod head;
mod layer_encoder;
pub(crate) mod loading;
mod merged;
pub(crate) mod modules;
mod pooling;
mod prompted;
pub(crate) mod prompts;
mod representation;
mod route_mappings;
pub(crate) mod router;
mod side;
#[cfg(feature = "split")]
mod split;
mod static_tower;
mod token_encoder;
mod tower;
#[cfg(feature = "train")]
mod training;
mod two_towers;
#[cfg(feature = "split")]
mod upper_blocks;
#[cfg(feature = "split")]
mod upper_head;
#[cfg(feature = "split")]
mod upper_layers;
#[cfg(feature = "split")]
mod upper_layers_config;
#[cfg(feature = "split")]
mod upper_pooling;
#[cfg(feature = "distil")]
mod vocabulary;

pub use dense::DenseActivation;
pub use encoder::SentenceEncoder;
pub use layer_encoder::LayerEncoder;
pub use merged::MergedEncoder;
pub use pooling::PoolingMode;
pub use representation::{
    LateChunker, Reading, Representation, RepresentationEncoder, RepresentationKind, RepresentedBlock,
    TextStates, register_representation, representations,
};
pub use token_encoder::TokenEncoder;
pub use tower::Tower;
#[cfg(feature = "train")]
pub use training::{
    EncoderTrainer, FrozenItems, TextTrainingConfig, TextTrainingReport, Towers, TrainedEncoder,
};
pub use two_towers::TwoTowerEncoder;
#[cfg(feature = "split")]
pub use upper_layers::UpperLayers;
#[cfg(feature = "split")]
pub use upper_layers_config::{HeadLayer, UpperLayersConfig};
