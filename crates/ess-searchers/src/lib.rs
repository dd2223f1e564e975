#![doc = include_str!("../README.md")]

mod feedback;
mod fusion;
mod hybrid;
mod late_interaction;
mod learned;
mod scored;

pub use feedback::{
    FeedbackConfig, FeedbackSearcher, FeedbackWeights, FirstPass, QueryExpansion, TwoPassSearcher,
};
pub use fusion::{BothLists, Combination, FusedSearcher};
pub use hybrid::{HybridEncoding, HybridIndex};
pub use late_interaction::{ItemTokens, LateInteraction};
pub use learned::{LearnedFusion, LearnedHybrid, LearnedWeight, WeightConfig};
pub use scored::{found::ScoredHits, searcher::ScoredSearcher};
