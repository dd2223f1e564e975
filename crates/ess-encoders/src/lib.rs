//! Generic frozen encoders: enc1' and enc2 of Eq. 3.

mod compute;
mod cross_encoder;
mod error;
mod model;
mod precomputed;
mod sentence;
mod static_encoder;
mod transformer;
mod weights;

pub use cross_encoder::CrossEncoder;
pub use error::Error;
pub use ess_lexical::{Bm25Config, Bm25Encoder, Language, SparseIndex, SparseVectors, TextAnalyzer};
pub use model::Activation;
pub use precomputed::PrecomputedEncoder;
pub use sentence::{
    DenseActivation, HeadLayer, LayerEncoder, MergedEncoder, PoolingMode, SentenceEncoder, TokenEncoder,
    TwoTowerEncoder, UpperLayers, UpperLayersConfig,
};
pub use static_encoder::StaticEncoder;
