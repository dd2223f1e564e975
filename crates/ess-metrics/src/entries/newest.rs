//! Whether the query that is being filled has an item already.

use super::item_values::ItemValues;

/// No query's position.
const NOWHERE: u32 = u32::MAX;

/// The query that is being filled. Entries mostly come query by query; then an item that stands twice is found here, and no
/// query needs an index of its items.
#[derive(Clone)]
pub(super) struct Newest {
    /// The position of the query among the queries.
    pub(super) query: usize,
    /// For each item's number the position of the query that it was last given to while that was the newest.
    pub(super) given_to: Vec<u32>,
}

impl Default for Newest {
    fn default() -> Self {
        Self { query: usize::MAX, given_to: Vec::new() }
    }
}

impl Newest {
    /// Whether the entries of the query at a position have no such item, which is then taken to be given to it.
    pub(super) fn is_new<V: Copy>(&mut self, position: usize, entries: &ItemValues<V>, item: u32) -> bool {
        // An index that is there has all items, and is kept up to date.
        let by_index = position != self.query || entries.positions.get().is_some();
        let position = u32::try_from(position).unwrap_or(NOWHERE);
        if by_index || position == NOWHERE {
            return !entries.positions().contains_key(&item);
        }
        if self.given_to.len() <= item as usize {
            self.given_to.resize(item as usize + 1, NOWHERE);
        }
        std::mem::replace(&mut self.given_to[item as usize], position) != position
    }
}
