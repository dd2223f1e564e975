//! The weight of the lexical side as a function of the query, learned from judged queries.

mod config;
mod features;
mod fusion;
mod hybrid;
mod listwise;
mod saved_weight;
mod scale;
mod weight;

pub use config::WeightConfig;
pub use fusion::LearnedFusion;
pub use hybrid::LearnedHybrid;
pub use weight::LearnedWeight;
