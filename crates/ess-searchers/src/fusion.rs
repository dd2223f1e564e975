//! Two searchers, and their lists of hits combined into one.

mod both_lists;
mod combination;
pub(crate) mod depth;
mod searcher;

pub use both_lists::BothLists;
pub use combination::Combination;
pub use searcher::FusedSearcher;
