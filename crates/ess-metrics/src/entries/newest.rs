//! Whether the query that is being filled has an item already.

use super::item_values::ItemValues;

/// The query that is being filled. Entries mostly come query by query; then an item that stands twice is found here, and no
/// query needs an index of its items.
#[derive(Clone)]
pub(super) struct Newest {
    /// The position of the query among the queries.
    pub(super) query: usize,
    /// How many queries were the newest, counted anew from 1 where it would be more than fits.
    round: u16,
    /// For each item's number the round in which it was last given to the newest query; 0 for none.
    given_in: Vec<u16>,
}

impl Default for Newest {
    fn default() -> Self {
        Self { query: usize::MAX, round: 0, given_in: Vec::new() }
    }
}

impl Newest {
    /// Begins with another query, which has no entries.
    pub(super) fn begin(&mut self, query: usize) {
        self.query = query;
        self.round = self.round.checked_add(1).unwrap_or_else(|| {
            self.given_in.fill(0);
            1
        });
    }

    /// Adds an entry to those of the query at a position, unless the query has the item.
    pub(super) fn add<V: Copy>(
        &mut self,
        position: usize,
        known: &mut ItemValues<V>,
        item: u32,
        value: V,
    ) -> bool {
        if self.asks_index(position, known) {
            return known.insert(item, value);
        }
        self.make_room(item);
        let new = std::mem::replace(&mut self.given_in[item as usize], self.round) != self.round;
        if new {
            known.items.push(item);
            known.values.push(value);
        }
        new
    }

    /// Adds entries, given by items and values, as [`Newest::add`] does, up to the first whose item the query has; says how many.
    pub(super) fn add_all<V: Copy>(
        &mut self,
        position: usize,
        known: &mut ItemValues<V>,
        items: &[u32],
        values: impl Iterator<Item = V>,
    ) -> usize {
        if self.asks_index(position, known) {
            let mut entries = items.iter().zip(values);
            return entries.position(|(item, value)| !known.insert(*item, value)).unwrap_or(items.len());
        }
        if let Some(highest) = items.iter().max() {
            self.make_room(*highest);
        }
        let mut given =
            items.iter().map(|item| std::mem::replace(&mut self.given_in[*item as usize], self.round));
        let new = given.position(|before| before == self.round).unwrap_or(items.len());
        known.items.extend_from_slice(&items[..new]);
        known.values.extend(values.take(new));
        new
    }

    /// Whether a query's index says which items it has. One that is there has all items, and is kept up to date.
    fn asks_index<V>(&self, position: usize, known: &ItemValues<V>) -> bool {
        position != self.query || known.positions.get().is_some()
    }

    fn make_room(&mut self, item: u32) {
        if self.given_in.len() <= item as usize {
            self.given_in.resize(item as usize + 1, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_that_stand_twice_are_found_however_many_queries_there_are() {
        let mut newest = Newest::default();
        for query in 0..200_000 {
            newest.begin(query);
            let mut values = ItemValues::default();
            // An item that the first query alone had, one that all have, and that one again.
            let first = u32::from(query % 65_535 != 0);
            assert!(newest.add(query, &mut values, first, 0), "{query}");
            assert_eq!(newest.add_all(query, &mut values, &[2, 3, 2, 4], 0..4), 2, "{query}");
            assert!(!newest.add(query, &mut values, first, 0), "{query}");
            assert_eq!((values.items, values.values), (vec![first, 2, 3], vec![0, 0, 1]));
        }
    }
}
