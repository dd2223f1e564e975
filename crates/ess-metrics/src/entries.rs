//! Values by query and item.

mod item_values;
mod newest;

use std::fmt;

use foldhash::fast::RandomState;
use indexmap::IndexMap;

use crate::error::Error;
use crate::id_set::IdSet;
use item_values::ItemValues;
use newest::Newest;

/// A value for each pair of query and item, in the order of insertion, no pair twice.
///
/// Item ids are stored once and numbered from 0; a query's entries hold numbers.
#[derive(Clone, Default)]
pub(crate) struct EntryTable<V> {
    items: IdSet,
    queries: IndexMap<Box<str>, ItemValues<V>, RandomState>,
    len: usize,
    newest: Newest,
}

impl<V: Copy> EntryTable<V> {
    /// Adds an entry; `what` names the table in the error.
    pub(crate) fn insert(
        &mut self,
        what: &'static str,
        query: &str,
        item: &str,
        value: V,
    ) -> Result<(), Error> {
        let number = self.items.insert(item)?;
        let position = self.position_of_new_or_known(query);
        if !self.newest.add(position, &mut self.queries[position], number, value) {
            return Err(Error::DuplicateEntry { what, query: query.to_owned(), item: item.to_owned() });
        }
        self.len += 1;
        Ok(())
    }

    /// As [`EntryTable::insert`] of each entry; those before an error are there.
    pub(crate) fn insert_all(
        &mut self,
        what: &'static str,
        entries: &[(&str, &str, V)],
    ) -> Result<(), Error> {
        let mut numbers = Vec::with_capacity(entries.len());
        let numbered = self.items.insert_all(entries.iter().map(|(_, item, _)| *item), &mut numbers);
        self.insert_numbered(what, entries, &numbers)?;
        numbered
    }

    /// Adds the first entries, as many as there are numbers of their items.
    fn insert_numbered(
        &mut self,
        what: &'static str,
        entries: &[(&str, &str, V)],
        numbers: &[u32],
    ) -> Result<(), Error> {
        let (mut entries, mut numbers) = (&entries[..numbers.len()], numbers);
        while let Some(((query, ..), others)) = entries.split_first() {
            let same = 1 + others.iter().take_while(|(other, ..)| other == query).count();
            let position = self.position_of_new_or_known(query);
            let values = entries[..same].iter().map(|(.., value)| *value);
            let added = self.newest.add_all(position, &mut self.queries[position], &numbers[..same], values);
            self.len += added;
            if added < same {
                let (query, item, _) = entries[added];
                return Err(Error::DuplicateEntry { what, query: query.to_owned(), item: item.to_owned() });
            }
            (entries, numbers) = (&entries[same..], &numbers[same..]);
        }
        Ok(())
    }

    fn position_of_new_or_known(&mut self, query: &str) -> usize {
        let newest = self.newest.query;
        if self.queries.get_index(newest).is_some_and(|(id, _)| **id == *query) {
            return newest;
        }
        match self.queries.get_index_of(query) {
            Some(known) => known,
            None => {
                // The query before has mostly all of its entries, and as many as the next will have.
                let before = self.queries.get_index_mut(newest);
                let values = before.map(|(_, values)| values.shrink_and_make_another()).unwrap_or_default();
                self.newest.begin(self.queries.len());
                self.queries.insert_full(query.into(), values).0
            }
        }
    }

    /// Keeps the entries for which this holds; a query that keeps none is no longer there.
    pub(crate) fn retain(&mut self, keep: impl Fn(&str, &str) -> bool) {
        let items = &self.items;
        self.queries.retain(|query, values| {
            values.retain(|number| keep(query, items.id(number)));
            !values.items.is_empty()
        });
        self.len = self.queries.values().map(|values| values.items.len()).sum();
        self.newest = Newest::default();
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn queries(&self) -> impl ExactSizeIterator<Item = &str> {
        self.queries.keys().map(AsRef::as_ref)
    }

    pub(crate) fn get(&self, query: &str) -> Option<Entries<'_, V>> {
        let values = self.queries.get(query)?;
        Some(Entries { table: self, values })
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str, V)> {
        self.queries.iter().flat_map(|(query, values)| {
            Entries { table: self, values }.iter().map(move |(item, value)| (query.as_ref(), item, value))
        })
    }
}

/// What qrels or a run hold for one query: its items with their grades or scores, in the order of insertion.
///
/// ```
/// use ess_metrics::Qrels;
///
/// let mut qrels = Qrels::new();
/// qrels.insert("q1", "d7", 2)?;
/// qrels.insert("q1", "d3", 0)?;
/// let judged = qrels.get("q1").expect("just inserted");
/// assert_eq!(judged.iter().collect::<Vec<_>>(), [("d7", 2), ("d3", 0)]);
/// assert_eq!((judged.get("d3"), judged.get("d4")), (Some(0), None));
/// # Ok::<(), ess_metrics::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct Entries<'a, V> {
    table: &'a EntryTable<V>,
    values: &'a ItemValues<V>,
}

impl<'a, V: Copy> Entries<'a, V> {
    /// The number of items.
    #[allow(clippy::len_without_is_empty, reason = "never empty")]
    pub fn len(&self) -> usize {
        self.values.items.len()
    }

    /// The value of an item, or `None` when the query does not have it.
    pub fn get(&self, item: &str) -> Option<V> {
        self.value_of(self.number(item)?)
    }

    /// The items with their values, in the order of insertion.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&'a str, V)> + use<'a, V> {
        let entries = *self;
        self.numbered().map(move |(number, value)| (entries.id(number), value))
    }

    /// The items by number, with their values.
    pub(crate) fn numbered(&self) -> impl ExactSizeIterator<Item = (u32, V)> + use<'a, V> {
        self.numbers().iter().copied().zip(self.values().iter().copied())
    }

    /// The numbers of the items, in the order of insertion.
    pub(crate) fn numbers(&self) -> &'a [u32] {
        &self.values.items
    }

    /// The values, in the order of insertion.
    pub(crate) fn values(&self) -> &'a [V] {
        &self.values.values
    }

    /// The number of an item that occurs somewhere in the table.
    pub(crate) fn number(&self, item: &str) -> Option<u32> {
        self.table.items.get(item)
    }

    /// The value of an item by its number.
    pub(crate) fn value_of(&self, number: u32) -> Option<V> {
        self.values.get(number)
    }

    /// The id of an item by its number.
    pub(crate) fn id(&self, number: u32) -> &'a str {
        self.table.items.id(number)
    }
}

impl<V: Copy + fmt::Debug> fmt::Debug for Entries<'_, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<V: Copy + PartialEq> PartialEq for EntryTable<V> {
    fn eq(&self, other: &Self) -> bool {
        self.len == other.len && self.iter().eq(other.iter())
    }
}

impl<V: Copy + fmt::Debug> fmt::Debug for EntryTable<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let queries = self.queries.iter();
        f.debug_map()
            .entries(queries.map(|(query, values)| (query, Entries { table: self, values })))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Debug)]
    enum Step {
        Insert(u8, u8),
        Ask(u8, u8),
        LeaveOut(u8),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let insert = || (0_u8..5, 0_u8..60).prop_map(|(query, item)| Step::Insert(query, item));
        let ask = (0_u8..5, 0_u8..60).prop_map(|(query, item)| Step::Ask(query, item));
        let step = prop_oneof![90 => insert(), 5 => ask, 1 => (0_u8..60).prop_map(Step::LeaveOut)];
        // Query by query, as files are, or in any order.
        let by_query = prop::collection::vec(insert(), 0..200).prop_map(|mut steps| {
            steps.sort_by_key(|step| if let Step::Insert(query, _) = step { *query } else { 0 });
            steps
        });
        (by_query, prop::collection::vec(step, 0..200)).prop_map(|(first, then)| [first, then].concat())
    }

    proptest! {
        #[test]
        fn many_at_once_are_as_one_by_one(
            entries in prop::collection::vec((0_u8..3, 0_u8..20), 0..80), known in 0_usize..80, batch in 1_usize..40,
        ) {
            let ids: Vec<(String, String)> =
                entries.iter().map(|(query, item)| (format!("q{query}"), format!("d{item}"))).collect();
            let entries: Vec<(&str, &str, usize)> =
                ids.iter().enumerate().map(|(at, (query, item))| (query.as_str(), item.as_str(), at)).collect();
            let (mut single, mut many) = (EntryTable::default(), EntryTable::default());
            let one_by_one =
                entries.iter().try_for_each(|(query, item, value)| single.insert("table", query, item, *value));
            let (before, behind) = entries.split_at(known.min(entries.len()));
            let at_once = before
                .iter()
                .try_for_each(|(query, item, value)| many.insert("table", query, item, *value))
                .and_then(|()| behind.chunks(batch).try_for_each(|batch| many.insert_all("table", batch)));
            prop_assert_eq!(format!("{at_once:?}"), format!("{one_by_one:?}"));
            prop_assert_eq!(&many, &single);
            let numbers = |table: &EntryTable<usize>| -> Vec<Option<u32>> {
                single.iter().map(|(_, item, _)| table.items.get(item)).collect()
            };
            prop_assert_eq!(numbers(&many), numbers(&single));
        }

        #[test]
        fn entries_are_those_of_a_plain_list(steps in steps()) {
            let mut table = EntryTable::default();
            let mut plain: Vec<(String, Vec<(String, usize)>)> = Vec::new();
            for (at, step) in steps.into_iter().enumerate() {
                match step {
                    Step::Insert(query, item) => {
                        let (query, item) = (format!("q{query}"), format!("d{item}"));
                        if !plain.iter().any(|(id, _)| *id == query) {
                            plain.push((query.clone(), Vec::new()));
                        }
                        let (_, entries) = plain.iter_mut().find(|(id, _)| *id == query).unwrap();
                        let new = entries.iter().all(|(id, _)| *id != item);
                        prop_assert_eq!(table.insert("table", &query, &item, at).is_ok(), new);
                        if new {
                            entries.push((item, at));
                        }
                    }
                    Step::Ask(query, item) => {
                        let (query, item) = (format!("q{query}"), format!("d{item}"));
                        let entries: BTreeMap<_, _> =
                            plain.iter().filter(|(id, _)| *id == query).flat_map(|(_, entries)| entries.clone()).collect();
                        let found = table.get(&query).and_then(|entries| entries.get(&item));
                        prop_assert_eq!(found, entries.get(&item).copied());
                    }
                    Step::LeaveOut(item) => {
                        let item = format!("d{item}");
                        table.retain(|_, other| other != item);
                        plain.iter_mut().for_each(|(_, entries)| entries.retain(|(other, _)| *other != item));
                        plain.retain(|(_, entries)| !entries.is_empty());
                    }
                }
            }
            let all: Vec<_> = plain.iter().flat_map(|(query, entries)| {
                entries.iter().map(move |(item, value)| (query.as_str(), item.as_str(), *value))
            }).collect();
            prop_assert_eq!(table.len(), all.len());
            prop_assert_eq!(table.iter().collect::<Vec<_>>(), all);
        }
    }
}
