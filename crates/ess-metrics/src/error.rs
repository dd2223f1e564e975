//! What can go wrong with judgements, rankings and measures.

/// The error of this crate.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The same query and item twice, in qrels or in a run.
    #[error("{what}: query {query:?} has item {item:?} twice")]
    DuplicateEntry {
        /// Where it stood: "qrels" or "run".
        what: &'static str,
        /// The query's id.
        query: String,
        /// The item's id.
        item: String,
    },
    /// A score that is NaN or infinite.
    #[error("run: query {query:?}, item {item:?} has score {score}, which is not a finite number")]
    NonFiniteScore {
        /// The query's id.
        query: String,
        /// The item's id.
        item: String,
        /// The score that came.
        score: f32,
    },
    /// More distinct items than an item number can tell apart.
    #[error("more than {} distinct items", u32::MAX)]
    TooManyItems,
}
