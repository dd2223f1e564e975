#![doc = include_str!("../README.md")]

mod attention;
mod combination;
mod expansion;
mod feedback_searcher;
mod first_pass;
mod fused_searcher;
mod hybrid_encoding;
mod hybrid_index;
mod two_pass_searcher;

pub use attention::Attention;
pub use combination::Combination;
pub use expansion::Expansion;
pub use feedback_searcher::{FeedbackConfig, FeedbackSearcher};
pub use first_pass::FirstPass;
pub use fused_searcher::FusedSearcher;
pub use hybrid_encoding::HybridEncoding;
pub use hybrid_index::HybridIndex;
pub use two_pass_searcher::TwoPassSearcher;
