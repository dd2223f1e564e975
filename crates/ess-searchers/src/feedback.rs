//! Pseudo-relevance feedback: what a first pass finds changes the query of a second pass.

mod expansion;
mod first_pass;
mod searcher;
mod two_pass;
mod weights;

pub use expansion::QueryExpansion;
pub use first_pass::FirstPass;
pub use searcher::{FeedbackConfig, FeedbackSearcher};
pub use two_pass::TwoPassSearcher;
pub use weights::FeedbackWeights;
