#![doc = include_str!("../README.md")]

mod attention;
mod combination;
mod expansion;
mod feedback_searcher;
mod fused_searcher;
mod hybrid_encoding;
mod hybrid_index;

pub use attention::Attention;
pub use combination::Combination;
pub use expansion::Expansion;
pub use feedback_searcher::{FeedbackConfig, FeedbackSearcher};
pub use fused_searcher::FusedSearcher;
pub use hybrid_encoding::HybridEncoding;
pub use hybrid_index::HybridIndex;
