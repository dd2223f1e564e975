//! The two sides of a search.

/// Which side of Eq. 3 a text is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Query,
    Item,
}
