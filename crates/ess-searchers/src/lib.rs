#![doc = include_str!("../README.md")]

mod attention;
mod both_lists;
mod combination;
mod expansion;
mod feature_scale;
mod feedback_searcher;
mod first_pass;
mod fused_searcher;
mod hybrid_encoding;
mod hybrid_index;
mod late_interaction;
mod learned_fusion;
mod learned_hybrid;
mod learned_weight;
mod listwise;
mod minimum;
mod two_pass_searcher;
mod weight_config;
mod weight_features;

pub use attention::Attention;
pub use both_lists::BothLists;
pub use combination::Combination;
pub use expansion::Expansion;
pub use feedback_searcher::{FeedbackConfig, FeedbackSearcher};
pub use first_pass::FirstPass;
pub use fused_searcher::FusedSearcher;
pub use hybrid_encoding::HybridEncoding;
pub use hybrid_index::HybridIndex;
pub use late_interaction::{ItemTokens, LateInteraction};
pub use learned_fusion::LearnedFusion;
pub use learned_hybrid::LearnedHybrid;
pub use learned_weight::LearnedWeight;
pub use two_pass_searcher::TwoPassSearcher;
pub use weight_config::WeightConfig;
