//! Values by query and item.

use std::fmt;

use foldhash::fast::RandomState;
use indexmap::{IndexMap, IndexSet};

use crate::error::Error;

/// The items of one query by number, each with its value, in the order of insertion.
pub(crate) type ItemValues<V> = IndexMap<u32, V, RandomState>;

/// A value for each pair of query and item, in the order of insertion, no pair twice.
///
/// Item ids are stored once and numbered from 0; a query's entries hold numbers.
#[derive(Clone, Default)]
pub(crate) struct EntryTable<V> {
    items: IndexSet<Box<str>, RandomState>,
    queries: IndexMap<Box<str>, ItemValues<V>, RandomState>,
    len: usize,
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
        let number = self.number_of_new_or_known(item)?;
        let entries = match self.queries.get_mut(query) {
            Some(entries) => entries,
            None => self.queries.entry(query.into()).or_default(),
        };
        match entries.entry(number) {
            indexmap::map::Entry::Occupied(_) => {
                Err(Error::DuplicateEntry { what, query: query.to_owned(), item: item.to_owned() })
            }
            indexmap::map::Entry::Vacant(vacant) => {
                vacant.insert(value);
                self.len += 1;
                Ok(())
            }
        }
    }

    fn number_of_new_or_known(&mut self, item: &str) -> Result<u32, Error> {
        let number = match self.items.get_index_of(item) {
            Some(number) => number,
            None if self.items.len() > u32::MAX as usize => return Err(Error::TooManyItems),
            None => self.items.insert_full(item.into()).0,
        };
        u32::try_from(number).map_err(|_| Error::TooManyItems)
    }

    /// Keeps the entries for which this holds; a query that keeps none is no longer there.
    pub(crate) fn retain(&mut self, keep: impl Fn(&str, &str) -> bool) {
        let items = &self.items;
        self.queries.retain(|query, values| {
            values.retain(|&number, _| keep(query, &items[number as usize]));
            !values.is_empty()
        });
        self.len = self.queries.values().map(ItemValues::len).sum();
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
        self.values.len()
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
        self.values.iter().map(|(&number, &value)| (number, value))
    }

    /// The number of an item that occurs somewhere in the table.
    pub(crate) fn number(&self, item: &str) -> Option<u32> {
        let number = self.table.items.get_index_of(item)?;
        u32::try_from(number).ok()
    }

    /// The value of an item by its number.
    pub(crate) fn value_of(&self, number: u32) -> Option<V> {
        self.values.get(&number).copied()
    }

    /// The id of an item by its number.
    pub(crate) fn id(&self, number: u32) -> &'a str {
        &self.table.items[number as usize]
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
