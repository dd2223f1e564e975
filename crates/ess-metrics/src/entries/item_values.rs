//! The values of one query.

use std::{collections::HashMap, sync::OnceLock};

use foldhash::fast::RandomState;

/// Fewer items than these are looked for one by one.
const MIN_INDEXED: usize = 32;

/// The items of one query by number, with their values, in the order of insertion.
#[derive(Clone)]
pub(crate) struct ItemValues<V> {
    pub(super) items: Vec<u32>,
    pub(super) values: Vec<V>,
    /// Where each item stands; made when it is first asked for.
    pub(super) positions: OnceLock<HashMap<u32, u32, RandomState>>,
}

impl<V> Default for ItemValues<V> {
    fn default() -> Self {
        Self { items: Vec::new(), values: Vec::new(), positions: OnceLock::new() }
    }
}

impl<V: Copy> ItemValues<V> {
    pub(super) fn positions(&self) -> &HashMap<u32, u32, RandomState> {
        self.positions.get_or_init(|| self.items.iter().copied().zip(0..).collect())
    }

    pub(super) fn get(&self, item: u32) -> Option<V> {
        let position = match self.items.len() {
            ..MIN_INDEXED => self.items.iter().position(|other| *other == item)?,
            _ => *self.positions().get(&item)? as usize,
        };
        Some(self.values[position])
    }

    /// Adds an entry unless the item is there; makes the index.
    pub(super) fn insert(&mut self, item: u32, value: V) -> bool {
        if self.positions().contains_key(&item) {
            return false;
        }
        if let Some(positions) = self.positions.get_mut() {
            positions.insert(item, self.items.len() as u32);
        }
        self.items.push(item);
        self.values.push(value);
        true
    }

    /// Keeps no more memory than the entries take, and gives room for as many of another query.
    pub(super) fn shrink_and_make_another(&mut self) -> Self {
        self.items.shrink_to_fit();
        self.values.shrink_to_fit();
        let len = self.items.len();
        Self { items: Vec::with_capacity(len), values: Vec::with_capacity(len), positions: OnceLock::new() }
    }

    pub(super) fn retain(&mut self, keep: impl Fn(u32) -> bool) {
        let kept = self.items.iter().zip(&self.values).filter(|(item, _)| keep(**item));
        let (items, values) = kept.map(|(item, value)| (*item, *value)).unzip();
        *self = Self { items, values, positions: OnceLock::new() };
    }
}
