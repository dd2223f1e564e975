//! Generic frozen encoders: enc1' and enc2 of Eq. 3.

mod compute;
mod cross_encoder;
mod error;
mod lexical;
mod model;
mod precomputed;
mod sentence;
mod transformer;
mod weights;

pub use cross_encoder::CrossEncoder;
pub use error::Error;
pub use lexical::{Bm25Config, Bm25Encoder, Language, SparseIndex, SparseVectors, TextAnalyzer};
pub use precomputed::PrecomputedEncoder;
pub use sentence::{LayerEncoder, SentenceEncoder, TokenEncoder, TokenStates, TwoTowerEncoder};
