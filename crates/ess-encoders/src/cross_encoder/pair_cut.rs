//! Where a pair that is too long is cut.

/// Where a pair of query and item is cut that has more tokens than the model reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PairCut {
    /// At the longer of the two, token by token, as sentence-transformers cuts it.
    #[default]
    Longest,
    /// At the item, so that the query stays whole. A query that leaves no room for a token of the item is cut as by
    /// [`PairCut::Longest`].
    Item,
}
